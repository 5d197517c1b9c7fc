# The sample of the DataWorks API reference, CreateDISyncTask: its TaskContent pasted between the markers as it stands
# there, but for one thing. `${bizdate}` is a variable of DataWorks, and `${ }` in a text of this language takes a
# value of this language; it is written `$${bizdate}`.
#
# The sample leaves setting.errorLimit.record empty, so that any number of rows that can't be written is passed over;
# the warning that says so is meant.

terraform {
  required_providers {
    alicloud = {
      source = "aliyun/alicloud"
    }
  }
}

provider "alicloud" {
  region = "cn-hangzhou"
}

resource "alicloud_data_works_di_sync_task" "sample" {
  project_id = "10000"
  task_type  = "DI_OFFLINE"
  task_name  = "new_di_task"

  task_content = <<-JSON
    {"type":"job","version":"2.0","steps":[{"stepType":"mysql","parameter":{"envType":1,"datasource":"mysql_pub","column":["id","name","create_time","age","score","t_01"],"connection":[{"datasource":"mysql_pub","table":["u_pk"]}],"where":"","splitPk":"id","encoding":"UTF-8"},"name":"Reader","category":"reader"},{"stepType":"odps","parameter":{"partition":"pt=$${bizdate}","truncate":true,"datasource":"odps_source","envType":1,"column":["id","name","create_time","age","score","t_01"],"emptyAsNull":false,"tableComment":"null","table":"u_pk"},"name":"Writer","category":"writer"}],"setting":{"executeMode":null,"errorLimit":{"record":""},"speed":{"concurrent":2,"throttle":false}},"order":{"hops":[{"from":"Reader","to":"Writer"}]}}
  JSON

  task_param {
    file_folder_path = "Business Flow/XXX/Data Integration"
    resource_group   = "S_res_group_XXX_XXXX"
  }
}
