# A database of Data Lake Insight. Names of the arguments as in the official Terraform provider for Huawei Cloud.
# Source: DLI API reference, database-related APIs.

resource "huaweicloud_dli_database" {
  provider  = "huaweicloud"
  version   = 0
  summary   = "A database of Data Lake Insight, which holds tables."
  identity  = ["region", "name"]
  import_id = ["name"]

  docs = <<-EOT
    The vendor calls the API of databases and tables outdated, but has no other; its SDKs and its Terraform provider call
    it too. A database that still holds tables is not deleted: delete the tables first.
  EOT

  timeouts {
    create = "10m"
    update = "10m"
    delete = "10m"
  }

  attribute "id" {
    type    = string
    mode    = "computed"
    stable  = true
    predict = self.name
    doc     = "The name of the database."
  }

  attribute "region" {
    type      = string
    mode      = "optional_computed"
    on_change = "replace"
    predict   = provider.region
    doc       = "Region of the database; that of the provider where it is not set."
  }

  attribute "name" {
    type        = string
    mode        = "required"
    on_change   = "replace"
    equality    = "case_insensitive"
    also_called = ["database_name"]
    length      = [1, 128]
    pattern {
      regex   = "[0-9]*[A-Za-z][A-Za-z0-9_]*|[0-9]+_[A-Za-z0-9_]*"
      meaning = "letters, digits and underscores, not digits alone and without an underscore at the beginning"
    }
    doc    = "Name of the database, in upper or lower case alike. `default` is taken."
    source = "DLI API reference, Creating a Database: database_name"
  }

  attribute "description" {
    type      = string
    mode      = "optional"
    on_change = "replace"
    doc       = "What the database is for."
  }

  attribute "enterprise_project_id" {
    type        = string
    mode        = "optional_computed"
    on_change   = "replace"
    also_called = ["eps_id"]
    doc         = "Enterprise project of the database, `0` for the default one; that of the provider where it is not set."
  }

  attribute "owner" {
    type = string
    mode = "optional_computed"
    doc  = "User of IAM that owns the database; who made it, where it is not set."
  }

  attribute "tags" {
    type      = map(string)
    mode      = "optional"
    on_change = "replace"
    length    = [0, 20]
    unread    = "the list of databases does not hold tags"
    doc       = "Tags of the database."
    source    = "DLI API reference, Creating a Database: tags"
  }

  api "dli" {
    reads = {
      ListDatabases = "dli:database:displayAllDatabases"
    }
    writes = {
      CreateDatabase      = "dli:database:createDatabase"
      DeleteDatabase      = "dli:database:dropDatabase"
      UpdateDatabaseOwner = "dli:database:grantPrivilege"
    }
  }

  rule "name_not_taken" {
    attribute = "name"
    condition = lower(self.name) != "default"
    message   = "the database `default` exists in every project"
    help      = "choose another name; tables may be made in default without a resource for it"
    source    = "DLI API reference, Creating a Database: database_name"
  }
}
