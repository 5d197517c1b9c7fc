# Resource groups of DataWorks. Source: DataWorks API reference 2020-05-18, ListResourceGroups.

data "alicloud_data_works_resource_groups" {
  provider = "alicloud"
  version  = 0
  summary  = "The resource groups of DataWorks in a region, by default those that run data-integration tasks."

  attribute "id" {
    type = string
    mode = "computed"
    doc  = "The kind that was asked for."
  }

  attribute "resource_group_type" {
    type        = number
    mode        = "optional"
    default     = 4
    also_called = ["ResourceGroupType", "type"]
    doc         = "Kind of the groups: 1 schedules, 2 is MaxCompute, 3 is Machine Learning, 4 runs data integration, 7 is exclusive for scheduling, 9 is for data services."
    source      = "DataWorks API reference, ListResourceGroups: ResourceGroupType"
  }

  attribute "biz_ext_key" {
    type        = string
    mode        = "optional"
    also_called = ["BizExtKey"]
    doc         = "Only groups with this key, such as `single`."
  }

  attribute "keyword" {
    type        = string
    mode        = "optional"
    also_called = ["Keyword"]
    doc         = "Only groups whose name or identifier has this text."
  }

  attribute "identifiers" {
    type = list(string)
    mode = "computed"
    doc  = "The identifiers of the groups, in the order of DataWorks. `task_param.resource_group` of a task takes one."
  }

  block "groups" {
    nesting  = "list"
    computed = true
    doc      = "The groups, in the order of DataWorks."

    attribute "id" {
      type = string
      mode = "computed"
      doc  = "Number of the group."
    }

    attribute "identifier" {
      type = string
      mode = "computed"
      doc  = "What tasks name the group by."
    }

    attribute "name" {
      type = string
      mode = "computed"
      doc  = "Name for people."
    }

    attribute "resource_group_type" {
      type = number
      mode = "computed"
      doc  = "Kind of the group."
    }

    attribute "biz_ext_key" {
      type = string
      mode = "computed"
      doc  = "Key of the business that the group serves."
    }

    attribute "mode" {
      type = string
      mode = "computed"
      doc  = "`ISOLATE` is paid by the month, `SHARE` by use, `DEVELOP` is for development."
    }

    attribute "status" {
      type = number
      mode = "computed"
      doc  = "0 works, 1 is stopped, 2 is deleted, 3 is being made, 4 could not be made."
    }

    attribute "is_default" {
      type = bool
      mode = "computed"
      doc  = "Whether it is the default of its kind."
    }
  }

  api "dataworks" {
    reads = ["ListResourceGroups"]
  }
}
