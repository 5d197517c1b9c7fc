# A dump task of the Data Ingestion Service: what a stream takes in, delivered to OBS, MRS, DLI, DWS or CloudTable.
# Sources: DIS API reference (Adding OBS, MRS, DLI, DWS and CloudTable Dump Tasks, Querying Dump Tasks, Querying Dump Task
# Details, Starting and Pausing Dump Tasks in Batches, Deleting Dump Tasks, Error Codes); DIS user guide, Creating a Dump
# Task; the official SDKs for Java and Python; Terraform provider for Open Telekom Cloud, dis_dump_task_v2.

resource "huaweicloud_dis_dump_task" {
  provider  = "huaweicloud"
  version   = 0
  summary   = "A task that delivers the records of a DIS stream to OBS, MRS, DLI, DWS or CloudTable."
  identity  = ["stream_name", "task_name"]
  import_id = ["stream_name", "task_name"]

  # Deleting and making again is what every region can do; there is a call that changes a task in some, for OBS only.
  on_change = "replace"

  also_called = ["opentelekomcloud_dis_dump_task_v2"]

  docs = <<-EOT
    A stream has at most five tasks. A task is paused and started in place with `running`; every other change deletes
    it and makes a new one, and the plan says what that does to the data.

    Names of the blocks and their arguments are those of the API; `task_name` alone stands outside of the block, as it
    names the task in every call. Times in folder names are in GMT+8.

    Which destinations work depends on region and year. Open Telekom Cloud documented OBS alone since 2023 and has
    switched DIS off in 2026. Huawei Cloud documented MRS and DLI until October 2024 at least; its pages of 2025 name
    OBS alone.
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
    predict = "${self.stream_name}:${self.task_name}"
    doc     = "`<stream_name>:<task_name>`."
  }

  attribute "region" {
    type    = string
    mode    = "optional_computed"
    stable  = true
    predict = provider.region
    doc     = "The region of the stream; that of the provider where it is not set."
  }

  attribute "stream_name" {
    type        = string
    mode        = "required"
    also_called = ["stream", "StreamName"]
    length      = [1, 64]
    pattern {
      regex   = "[A-Za-z0-9_-]*"
      meaning = "letters, digits, hyphens and underscores"
    }
    doc    = "The stream whose records are delivered."
    source = "DIS API reference, Creating a Stream: stream_name"
  }

  attribute "task_name" {
    type        = string
    mode        = "required"
    also_called = ["name", "transfer_task_name", "TaskName"]
    length      = [1, 64]
    pattern {
      regex   = "[A-Za-z0-9_-]*"
      meaning = "letters, digits, hyphens and underscores"
    }
    doc    = "Name of the task, unique among the tasks of the stream."
    source = "DIS API reference, Adding DLI Dump Tasks: task_name; error code DIS.4355"
  }

  attribute "destination_type" {
    type    = string
    mode    = "optional_computed"
    stable  = true
    allowed = ["OBS", "MRS", "DLI", "DWS", "CLOUDTABLE"]
    value_aliases = {
      UQUERY   = "DLI"
      OPENTSDB = "CLOUDTABLE"
      HBASE    = "CLOUDTABLE"
    }
    also_called = ["destination"]
    predict = (
      self.obs_destination_descriptor != null ? "OBS" :
      self.mrs_destination_descriptor != null ? "MRS" :
      self.dli_destination_descriptor != null ? "DLI" :
      nonsensitive(self.dws_destination_descriptor != null) ? "DWS" :
      self.cloudtable_destination_descriptor != null ? "CLOUDTABLE" : null
    )
    doc    = "Where the records go; follows from the block that describes the destination."
    source = "DIS API reference, Adding Dump Tasks: destination_type"
  }

  attribute "running" {
    type        = bool
    mode        = "optional"
    default     = true
    on_change   = "update"
    also_called = ["action", "enabled", "start"]
    doc         = "Whether the task delivers; `false` pauses it."
  }

  block "obs_destination_descriptor" {
    nesting     = "single"
    on_change   = "replace"
    also_called = ["obs_destination", "obs"]
    doc         = "Objects in an OBS bucket."

    attribute "agency_name" {
      type        = string
      mode        = "optional"
      also_called = ["agency"]
      length      = [1, 64]
      doc         = "The agency with which DIS writes into the bucket and the destination: of the type cloud service, for DIS, valid without end, and with the role Tenant Administrator on the global project OBS. The console makes one named `dis_admin_agency`."
      source      = "DIS API reference, Adding OBS Dump Tasks: agency_name"
    }

    attribute "deliver_time_interval" {
      type        = number
      mode        = "optional"
      default     = 300
      also_called = ["deliver_interval", "interval"]
      range       = [30, 900]
      doc         = "Every how many seconds records are delivered. Always sent: the API demands it, and knows the default of 300 all the same."
      source      = "DIS API reference, Adding OBS Dump Tasks: deliver_time_interval"
    }

    attribute "consumer_strategy" {
      type    = string
      mode    = "optional"
      default = "LATEST"
      allowed = ["LATEST", "TRIM_HORIZON"]
      value_aliases = {
        newest    = "LATEST"
        end       = "LATEST"
        earliest  = "TRIM_HORIZON"
        oldest    = "TRIM_HORIZON"
        beginning = "TRIM_HORIZON"
      }
      doc    = "Where the task begins: `LATEST` with the records that arrive after it was made, `TRIM_HORIZON` with the oldest one that the stream still has."
      source = "DIS API reference, Adding OBS Dump Tasks: consumer_strategy"
    }

    attribute "obs_bucket_path" {
      type        = string
      mode        = "required"
      also_called = ["bucket", "obs_bucket", "obs_bucket_name", "bucket_name"]
      length      = [3, 63]
      pattern {
        regex   = "[a-z0-9][a-z0-9.-]*[a-z0-9]"
        meaning = "the name of an OBS bucket: lower-case letters, digits, hyphens and dots, beginning and ending with a letter or digit"
      }
      help   = "the bucket alone, without obs:// and without a folder; a folder goes into file_prefix"
      doc    = "The bucket that receives the objects."
      source = "OBS API reference, Creating a Bucket: name of a bucket"
    }

    attribute "file_prefix" {
      type        = string
      mode        = "optional"
      default     = ""
      also_called = ["prefix", "obs_path", "folder"]
      length      = [0, 50]
      pattern {
        regex   = "([A-Za-z0-9_][A-Za-z0-9_/]*)?"
        meaning = "letters, digits, underscores and slashes, not beginning with a slash"
      }
      doc    = "Folder of the objects."
      source = "DIS API reference, Adding OBS Dump Tasks: file_prefix"
    }

    attribute "partition_format" {
      type    = string
      mode    = "optional"
      default = ""
      allowed = ["", "yyyy", "yyyy/MM", "yyyy/MM/dd", "yyyy/MM/dd/HH", "yyyy/MM/dd/HH/mm"]
      value_aliases = {
        year   = "yyyy"
        month  = "yyyy/MM"
        day    = "yyyy/MM/dd"
        hour   = "yyyy/MM/dd/HH"
        minute = "yyyy/MM/dd/HH/mm"
      }
      also_called = ["partition"]
      doc         = "Folders by time below `file_prefix`, in GMT+8. The time of the records themselves counts only with a `processing_schema`."
      source      = "DIS API reference, Adding OBS Dump Tasks: partition_format"
    }

    attribute "destination_file_type" {
      type    = string
      mode    = "optional"
      default = "text"
      allowed = ["text", "parquet", "carbon"]
      value_aliases = {
        txt        = "text"
        carbondata = "carbon"
      }
      also_called = ["file_type"]
      doc         = "Format of the objects; `parquet` and `carbon` want a stream of JSON records with a schema."
      source      = "DIS API reference, Adding OBS Dump Tasks: destination_file_type"
    }

    attribute "record_delimiter" {
      type    = string
      mode    = "optional"
      default = "\n"
      allowed = [",", ";", "|", "\n", "NULL"]
      value_aliases = {
        "\\n"     = "\n"
        newline   = "\n"
        comma     = ","
        semicolon = ";"
      }
      help   = "a new line is written \"\\n\" in a file"
      doc    = "What stands between the records of a text object. The pages of the API call both the comma and the new line the default; it is always sent."
      source = "DIS API reference, Adding OBS Dump Tasks: record_delimiter; DIS user guide, Creating a Dump Task"
    }

    block "processing_schema" {
      nesting     = "single"
      also_called = ["obs_processing_schema"]
      doc         = "The field of JSON or CSV records whose time decides the folder."

      attribute "timestamp_name" {
        type   = string
        mode   = "required"
        length = [1, null]
        doc    = "Name of the field."
        source = "DIS API reference, Adding OBS Dump Tasks: processing_schema"
      }

      attribute "timestamp_type" {
        type    = string
        mode    = "required"
        allowed = ["String", "Timestamp"]
        value_aliases = {
          Text   = "String"
          Bigint = "Timestamp"
          Epoch  = "Timestamp"
        }
        doc    = "`Timestamp`: milliseconds since 1970, 13 digits. `String`: text in the form of `timestamp_format`."
        source = "DIS API reference, Adding OBS Dump Tasks: processing_schema"
      }

      attribute "timestamp_format" {
        type    = string
        mode    = "optional"
        allowed = ["yyyy/MM/dd HH:mm:ss", "MM/dd/yyyy HH:mm:ss", "dd/MM/yyyy HH:mm:ss", "yyyy-MM-dd HH:mm:ss", "MM-dd-yyyy HH:mm:ss", "dd-MM-yyyy HH:mm:ss"]
        doc     = "Form of a time that is text."
        source  = "DIS API reference, Adding OBS Dump Tasks: processing_schema"
      }

      rule "format_of_text" {
        attribute = "timestamp_type"
        condition = self.timestamp_type != "String" || self.timestamp_format != null
        message   = "a time of type String needs a timestamp_format"
        help      = "for example timestamp_format = \"yyyy-MM-dd HH:mm:ss\""
        source    = "DIS API reference, Adding OBS Dump Tasks: processing_schema.timestamp_format"
      }

      rule "format_of_number" {
        attribute = "timestamp_format"
        severity  = "warning"
        condition = self.timestamp_type != "Timestamp" || self.timestamp_format == null
        message   = "timestamp_format has no meaning for a time of type Timestamp"
        help      = "remove it, or set timestamp_type = \"String\""
        source    = "DIS API reference, Adding OBS Dump Tasks: processing_schema.timestamp_format"
      }

    }

    rule "whole_deliver_time_interval" {
      attribute = "deliver_time_interval"
      condition = floor(self.deliver_time_interval) == self.deliver_time_interval
      message   = "deliver_time_interval is not a whole number of seconds"
      source    = "DIS API reference, Adding OBS Dump Tasks: deliver_time_interval is an integer"
    }

    rule "agency" {
      attribute = "agency_name"
      severity  = "warning"
      condition = self.agency_name != null
      message   = "agency_name is not set"
      help      = "DIS writes into the bucket with an agency; only the newest page of the API calls it optional"
      source    = "DIS API reference, Adding OBS Dump Tasks: agency_name, mandatory until 2024, optional since 2025"
    }

    rule "delimiter_of_text" {
      attribute = "record_delimiter"
      severity  = "warning"
      condition = self.destination_file_type == "text" || self.record_delimiter == "\n"
      message   = "record_delimiter has no meaning for objects of type ${self.destination_file_type}"
      help      = "remove it, or set destination_file_type = \"text\""
      source    = "DIS API reference, Adding OBS Dump Tasks: record_delimiter (our inference)"
    }

    rule "minute_folders" {
      attribute = "partition_format"
      severity  = "warning"
      condition = self.partition_format != "yyyy/MM/dd/HH/mm" || self.deliver_time_interval <= 60
      message   = "folders by the minute, but a delivery only every ${self.deliver_time_interval} seconds"
      help      = "end at yyyy/MM/dd/HH, or deliver every 60 seconds"
      source    = "DIS API reference, Adding OBS Dump Tasks: partition_format (our inference)"
    }
  }

  block "mrs_destination_descriptor" {
    nesting     = "single"
    on_change   = "replace"
    also_called = ["mrs_destination", "mrs"]
    doc         = "Files in the HDFS of an MRS cluster."

    attribute "agency_name" {
      type        = string
      mode        = "required"
      also_called = ["agency"]
      length      = [1, 64]
      doc         = "The agency with which DIS writes into the bucket and the destination: of the type cloud service, for DIS, valid without end, and with the role Tenant Administrator on the global project OBS. The console makes one named `dis_admin_agency`."
      source      = "DIS API reference, Adding MRS Dump Tasks: agency_name"
    }

    attribute "deliver_time_interval" {
      type        = number
      mode        = "optional"
      default     = 300
      also_called = ["deliver_interval", "interval"]
      range       = [30, 900]
      doc         = "Every how many seconds records are delivered. Always sent: the API demands it, and knows the default of 300 all the same."
      source      = "DIS API reference, Adding MRS Dump Tasks: deliver_time_interval"
    }

    attribute "consumer_strategy" {
      type    = string
      mode    = "optional"
      default = "LATEST"
      allowed = ["LATEST", "TRIM_HORIZON"]
      value_aliases = {
        newest    = "LATEST"
        end       = "LATEST"
        earliest  = "TRIM_HORIZON"
        oldest    = "TRIM_HORIZON"
        beginning = "TRIM_HORIZON"
      }
      doc    = "Where the task begins: `LATEST` with the records that arrive after it was made, `TRIM_HORIZON` with the oldest one that the stream still has."
      source = "DIS API reference, Adding MRS Dump Tasks: consumer_strategy"
    }

    attribute "mrs_cluster_name" {
      type = string
      mode = "required"
      doc  = "Name of the MRS cluster, one without Kerberos authentication."
    }

    attribute "mrs_cluster_id" {
      type = string
      mode = "required"
      doc  = "Id of the cluster."
    }

    attribute "mrs_hdfs_path" {
      type   = string
      mode   = "required"
      length = [1, null]
      doc    = "Path in the HDFS of the cluster, which must exist."
      source = "DIS API reference, Adding MRS Dump Tasks: mrs_hdfs_path"
    }

    attribute "hdfs_prefix_folder" {
      type    = string
      mode    = "optional"
      default = ""
      length  = [0, 50]
      doc     = "Folder below the path; levels are parted by slashes."
      source  = "DIS API reference, Adding MRS Dump Tasks: hdfs_prefix_folder"
    }

    attribute "obs_bucket_path" {
      type        = string
      mode        = "required"
      also_called = ["bucket", "obs_bucket", "obs_bucket_name", "bucket_name"]
      length      = [3, 63]
      pattern {
        regex   = "[a-z0-9][a-z0-9.-]*[a-z0-9]"
        meaning = "the name of an OBS bucket: lower-case letters, digits, hyphens and dots, beginning and ending with a letter or digit"
      }
      help   = "the bucket alone, without obs:// and without a folder; a folder goes into file_prefix"
      doc    = "The bucket for temporary files and for what could not be delivered."
      source = "OBS API reference, Creating a Bucket: name of a bucket"
    }

    attribute "file_prefix" {
      type        = string
      mode        = "optional"
      default     = ""
      also_called = ["prefix", "obs_path", "folder"]
      length      = [0, 50]
      pattern {
        regex   = "([A-Za-z0-9_][A-Za-z0-9_/]*)?"
        meaning = "letters, digits, underscores and slashes, not beginning with a slash"
      }
      doc    = "Folder in the bucket."
      source = "DIS API reference, Adding MRS Dump Tasks: file_prefix"
    }

    attribute "retry_duration" {
      type    = number
      mode    = "optional"
      default = 1800
      range   = [0, 7200]
      doc     = "For how many seconds a delivery that failed is tried again; then its data goes to `mrs_error` below the folder in the bucket. The API takes it as a number and as text."
      source  = "DIS API reference, Adding MRS Dump Tasks: retry_duration"
    }

    attribute "destination_file_type" {
      type    = string
      mode    = "optional"
      allowed = ["text", "parquet", "carbon"]
      value_aliases = {
        txt        = "text"
        carbondata = "carbon"
      }
      also_called = ["file_type"]
      doc         = "Format of the files. Not in the table of the API page, but in its example; sent only where it is set."
      source      = "DIS API reference, Adding MRS Dump Tasks: example"
    }

    rule "whole_deliver_time_interval" {
      attribute = "deliver_time_interval"
      condition = floor(self.deliver_time_interval) == self.deliver_time_interval
      message   = "deliver_time_interval is not a whole number of seconds"
      source    = "DIS API reference, Adding MRS Dump Tasks: deliver_time_interval is an integer"
    }

    rule "whole_retry_duration" {
      attribute = "retry_duration"
      condition = floor(self.retry_duration) == self.retry_duration
      message   = "retry_duration is not a whole number of seconds"
      source    = "DIS API reference, Adding MRS Dump Tasks: retry_duration is an integer"
    }

    rule "no_retry" {
      attribute = "retry_duration"
      severity  = "warning"
      condition = self.retry_duration != 0
      message   = "with retry_duration 0 a delivery that fails once is not tried again"
      help      = "its data goes to mrs_error at once; the default is 1800"
      source    = "DIS API reference, Adding MRS Dump Tasks: retry_duration"
    }
  }

  block "dli_destination_descriptor" {
    nesting     = "single"
    on_change   = "replace"
    also_called = ["dli_destination", "dli", "uquery_destination_descriptor"]
    doc         = "Rows of a table in DLI."

    attribute "agency_name" {
      type        = string
      mode        = "required"
      also_called = ["agency"]
      length      = [1, 64]
      doc         = "The agency with which DIS writes into the bucket and the destination: of the type cloud service, for DIS, valid without end, and with the role Tenant Administrator on the global project OBS. The console makes one named `dis_admin_agency`."
      source      = "DIS API reference, Adding DLI Dump Tasks: agency_name"
    }

    attribute "deliver_time_interval" {
      type        = number
      mode        = "optional"
      default     = 300
      also_called = ["deliver_interval", "interval"]
      range       = [30, 900]
      doc         = "Every how many seconds records are delivered. Always sent: the API demands it, and knows the default of 300 all the same."
      source      = "DIS API reference, Adding DLI Dump Tasks: deliver_time_interval"
    }

    attribute "consumer_strategy" {
      type    = string
      mode    = "optional"
      default = "LATEST"
      allowed = ["LATEST", "TRIM_HORIZON"]
      value_aliases = {
        newest    = "LATEST"
        end       = "LATEST"
        earliest  = "TRIM_HORIZON"
        oldest    = "TRIM_HORIZON"
        beginning = "TRIM_HORIZON"
      }
      doc    = "Where the task begins: `LATEST` with the records that arrive after it was made, `TRIM_HORIZON` with the oldest one that the stream still has."
      source = "DIS API reference, Adding DLI Dump Tasks: consumer_strategy"
    }

    attribute "dli_database_name" {
      type        = string
      mode        = "required"
      also_called = ["database_name", "database", "uquery_database_name"]
      length      = [1, 128]
      doc         = "The DLI database, which must exist."
      source      = "DIS API reference, Adding DLI Dump Tasks: dli_database_name; DLI API reference, Creating a Database"
    }

    attribute "dli_table_name" {
      type        = string
      mode        = "required"
      also_called = ["table_name", "table", "uquery_table_name"]
      length      = [1, 128]
      doc         = "The table, whose data must be in DLI itself, not in OBS. Who makes the task needs the right to insert into it."
      source      = "DIS API reference, Adding DLI Dump Tasks: dli_table_name; DLI API reference, Creating a Table"
    }

    attribute "obs_bucket_path" {
      type        = string
      mode        = "required"
      also_called = ["bucket", "obs_bucket", "obs_bucket_name", "bucket_name"]
      length      = [3, 63]
      pattern {
        regex   = "[a-z0-9][a-z0-9.-]*[a-z0-9]"
        meaning = "the name of an OBS bucket: lower-case letters, digits, hyphens and dots, beginning and ending with a letter or digit"
      }
      help   = "the bucket alone, without obs:// and without a folder; a folder goes into file_prefix"
      doc    = "The bucket for temporary files and for what could not be delivered."
      source = "OBS API reference, Creating a Bucket: name of a bucket"
    }

    attribute "file_prefix" {
      type        = string
      mode        = "optional"
      default     = ""
      also_called = ["prefix", "obs_path", "folder"]
      length      = [0, 50]
      pattern {
        regex   = "([A-Za-z0-9_][A-Za-z0-9_/]*)?"
        meaning = "letters, digits, underscores and slashes, not beginning with a slash"
      }
      doc    = "Folder in the bucket."
      source = "DIS API reference, Adding DLI Dump Tasks: file_prefix"
    }

    attribute "retry_duration" {
      type    = number
      mode    = "optional"
      default = 1800
      range   = [0, 7200]
      doc     = "For how many seconds a delivery that failed is tried again; then its data goes to `dli_error` below the folder in the bucket. The API takes it as a number and as text."
      source  = "DIS API reference, Adding DLI Dump Tasks: retry_duration"
    }

    rule "whole_deliver_time_interval" {
      attribute = "deliver_time_interval"
      condition = floor(self.deliver_time_interval) == self.deliver_time_interval
      message   = "deliver_time_interval is not a whole number of seconds"
      source    = "DIS API reference, Adding DLI Dump Tasks: deliver_time_interval is an integer"
    }

    rule "whole_retry_duration" {
      attribute = "retry_duration"
      condition = floor(self.retry_duration) == self.retry_duration
      message   = "retry_duration is not a whole number of seconds"
      source    = "DIS API reference, Adding DLI Dump Tasks: retry_duration is an integer"
    }

    rule "no_retry" {
      attribute = "retry_duration"
      severity  = "warning"
      condition = self.retry_duration != 0
      message   = "with retry_duration 0 a delivery that fails once is not tried again"
      help      = "its data goes to dli_error at once; the default is 1800"
      source    = "DIS API reference, Adding DLI Dump Tasks: retry_duration"
    }
  }

  block "dws_destination_descriptor" {
    nesting     = "single"
    on_change   = "replace"
    also_called = ["dws_destination", "dws"]
    doc         = "Rows of a table in a DWS cluster."

    attribute "agency_name" {
      type        = string
      mode        = "required"
      also_called = ["agency"]
      length      = [1, 64]
      doc         = "The agency with which DIS writes into the bucket and the destination: of the type cloud service, for DIS, valid without end, and with the role Tenant Administrator on the global project OBS. The console makes one named `dis_admin_agency`."
      source      = "DIS API reference, Adding DWS Dump Tasks: agency_name"
    }

    attribute "deliver_time_interval" {
      type        = number
      mode        = "optional"
      default     = 300
      also_called = ["deliver_interval", "interval"]
      range       = [30, 900]
      doc         = "Every how many seconds records are delivered. Always sent: the API demands it, and knows the default of 300 all the same."
      source      = "DIS API reference, Adding DWS Dump Tasks: deliver_time_interval"
    }

    attribute "consumer_strategy" {
      type    = string
      mode    = "optional"
      default = "LATEST"
      allowed = ["LATEST", "TRIM_HORIZON"]
      value_aliases = {
        newest    = "LATEST"
        end       = "LATEST"
        earliest  = "TRIM_HORIZON"
        oldest    = "TRIM_HORIZON"
        beginning = "TRIM_HORIZON"
      }
      doc    = "Where the task begins: `LATEST` with the records that arrive after it was made, `TRIM_HORIZON` with the oldest one that the stream still has."
      source = "DIS API reference, Adding DWS Dump Tasks: consumer_strategy"
    }

    attribute "dws_cluster_name" {
      type = string
      mode = "required"
      doc  = "Name of the DWS cluster."
    }

    attribute "dws_cluster_id" {
      type = string
      mode = "required"
      doc  = "Id of the cluster."
    }

    attribute "dws_database_name" {
      type        = string
      mode        = "required"
      also_called = ["database_name", "database"]
      doc         = "The database in the cluster."
    }

    attribute "dws_schema" {
      type        = string
      mode        = "required"
      also_called = ["schema"]
      doc         = "Schema of the table."
    }

    attribute "dws_table_name" {
      type        = string
      mode        = "required"
      also_called = ["table_name", "table"]
      doc         = "The table."
    }

    attribute "dws_table_columns" {
      type        = string
      mode        = "optional"
      default     = ""
      also_called = ["columns"]
      doc         = "The columns that are filled, such as `c1,c2`; all where it is empty."
    }

    attribute "dws_delimiter" {
      type        = string
      mode        = "required"
      allowed     = [",", ";", "|"]
      also_called = ["delimiter"]
      doc         = "What stands between the fields of a record."
      source      = "DIS API reference, Adding DWS Dump Tasks: dws_delimiter"
    }

    attribute "user_name" {
      type        = string
      mode        = "required"
      also_called = ["user", "username"]
      doc         = "The user of the database."
    }

    attribute "user_password" {
      type        = string
      mode        = "required"
      secret      = true
      unread      = "no page says whether the service returns the password or hides it"
      also_called = ["password"]
      doc         = "Password of the user. Only a fingerprint is stored; a new password makes the task anew."
    }

    attribute "kms_user_key_name" {
      type        = string
      mode        = "required"
      also_called = ["kms_key_name"]
      doc         = "Name of the KMS key with which the service encrypts the password."
    }

    attribute "kms_user_key_id" {
      type        = string
      mode        = "required"
      also_called = ["kms_key_id"]
      doc         = "Id of the key."
    }

    attribute "obs_bucket_path" {
      type        = string
      mode        = "required"
      also_called = ["bucket", "obs_bucket", "obs_bucket_name", "bucket_name"]
      length      = [3, 63]
      pattern {
        regex   = "[a-z0-9][a-z0-9.-]*[a-z0-9]"
        meaning = "the name of an OBS bucket: lower-case letters, digits, hyphens and dots, beginning and ending with a letter or digit"
      }
      help   = "the bucket alone, without obs:// and without a folder; a folder goes into file_prefix"
      doc    = "The bucket for temporary files and for what could not be delivered."
      source = "OBS API reference, Creating a Bucket: name of a bucket"
    }

    attribute "file_prefix" {
      type        = string
      mode        = "optional"
      default     = ""
      also_called = ["prefix", "obs_path", "folder"]
      length      = [0, 50]
      pattern {
        regex   = "([A-Za-z0-9_][A-Za-z0-9_/]*)?"
        meaning = "letters, digits, underscores and slashes, not beginning with a slash"
      }
      doc    = "Folder in the bucket."
      source = "DIS API reference, Adding DWS Dump Tasks: file_prefix"
    }

    attribute "retry_duration" {
      type    = number
      mode    = "optional"
      default = 1800
      range   = [0, 7200]
      doc     = "For how many seconds a delivery that failed is tried again; then its data goes to `dws_error` below the folder in the bucket. The API takes it as a number and as text."
      source  = "DIS API reference, Adding DWS Dump Tasks: retry_duration"
    }

    block "options" {
      nesting = "single"
      doc     = "How the rows are loaded, as the foreign tables of DWS have it."

      attribute "fill_missing_fields" {
        type    = bool
        mode    = "optional"
        default = false
        doc     = "Whether a record with too few fields is loaded, with nulls."
      }

      attribute "ignore_extra_data" {
        type    = bool
        mode    = "optional"
        default = false
        doc     = "Whether fields beyond those of the table are left out."
      }

      attribute "compatible_illegal_chars" {
        type    = bool
        mode    = "optional"
        default = false
        doc     = "Whether illegal characters are replaced."
      }

      attribute "reject_limit" {
        type    = string
        mode    = "optional"
        default = "0"
        pattern {
          regex   = "0|[1-9][0-9]{0,9}|unlimited"
          meaning = "a whole number or unlimited"
        }
        doc    = "How many bad records a load may have before it fails: a number, or `unlimited`."
        source = "DIS API reference, Adding DWS Dump Tasks: options.reject_limit"
      }

      attribute "error_table_name" {
        type = string
        mode = "optional"
        doc  = "The table that takes the bad records."
      }
    }

    rule "whole_deliver_time_interval" {
      attribute = "deliver_time_interval"
      condition = floor(self.deliver_time_interval) == self.deliver_time_interval
      message   = "deliver_time_interval is not a whole number of seconds"
      source    = "DIS API reference, Adding DWS Dump Tasks: deliver_time_interval is an integer"
    }

    rule "whole_retry_duration" {
      attribute = "retry_duration"
      condition = floor(self.retry_duration) == self.retry_duration
      message   = "retry_duration is not a whole number of seconds"
      source    = "DIS API reference, Adding DWS Dump Tasks: retry_duration is an integer"
    }

    rule "no_retry" {
      attribute = "retry_duration"
      severity  = "warning"
      condition = self.retry_duration != 0
      message   = "with retry_duration 0 a delivery that fails once is not tried again"
      help      = "its data goes to dws_error at once; the default is 1800"
      source    = "DIS API reference, Adding DWS Dump Tasks: retry_duration"
    }
  }

  block "cloudtable_destination_descriptor" {
    nesting     = "single"
    on_change   = "replace"
    also_called = ["cloudtable_destination", "cloudtable", "cloud_table_destination_descriptor"]
    doc         = "Rows of an HBase table, or points in OpenTSDB, in a CloudTable cluster."

    attribute "agency_name" {
      type        = string
      mode        = "required"
      also_called = ["agency"]
      length      = [1, 64]
      doc         = "The agency with which DIS writes into the bucket and the destination: of the type cloud service, for DIS, valid without end, and with the role Tenant Administrator on the global project OBS. The console makes one named `dis_admin_agency`."
      source      = "DIS API reference, Adding CloudTable Dump Tasks: agency_name"
    }

    attribute "deliver_time_interval" {
      type        = number
      mode        = "optional"
      default     = 300
      also_called = ["deliver_interval", "interval"]
      range       = [30, 900]
      doc         = "Every how many seconds records are delivered. Always sent: the API demands it, and knows the default of 300 all the same."
      source      = "DIS API reference, Adding CloudTable Dump Tasks: deliver_time_interval"
    }

    attribute "consumer_strategy" {
      type    = string
      mode    = "optional"
      default = "LATEST"
      allowed = ["LATEST", "TRIM_HORIZON"]
      value_aliases = {
        newest    = "LATEST"
        end       = "LATEST"
        earliest  = "TRIM_HORIZON"
        oldest    = "TRIM_HORIZON"
        beginning = "TRIM_HORIZON"
      }
      doc    = "Where the task begins: `LATEST` with the records that arrive after it was made, `TRIM_HORIZON` with the oldest one that the stream still has."
      source = "DIS API reference, Adding CloudTable Dump Tasks: consumer_strategy"
    }

    attribute "cloudtable_cluster_name" {
      type = string
      mode = "required"
      doc  = "Name of the CloudTable cluster; for `opentsdb_schema`, one with OpenTSDB."
    }

    attribute "cloudtable_cluster_id" {
      type = string
      mode = "required"
      doc  = "Id of the cluster."
    }

    attribute "cloudtable_table_name" {
      type        = string
      mode        = "optional"
      also_called = ["table_name", "table"]
      doc         = "The HBase table; needed with `cloudtable_schema`."
    }

    attribute "cloudtable_row_key_delimiter" {
      type        = string
      mode        = "optional"
      default     = "."
      allowed     = [",", ".", "|", ";", "\\", "-", "_", "~"]
      also_called = ["row_key_delimiter"]
      doc         = "What joins the parts of the row key in HBase."
      source      = "DIS API reference, Adding CloudTable Dump Tasks: cloudtable_row_key_delimiter"
    }

    attribute "obs_backup_bucket_path" {
      type        = string
      mode        = "optional"
      also_called = ["obs_bucket_path", "backup_bucket"]
      length      = [3, 63]
      pattern {
        regex   = "[a-z0-9][a-z0-9.-]*[a-z0-9]"
        meaning = "the name of an OBS bucket: lower-case letters, digits, hyphens and dots, beginning and ending with a letter or digit"
      }
      doc    = "The bucket for records that could not be delivered; without it they are lost."
      source = "OBS API reference, Creating a Bucket: name of a bucket"
    }

    attribute "backup_file_prefix" {
      type        = string
      mode        = "optional"
      default     = ""
      also_called = ["backup_prefix"]
      length      = [0, 50]
      pattern {
        regex   = "([A-Za-z0-9_][A-Za-z0-9_/]*)?"
        meaning = "letters, digits, underscores and slashes, not beginning with a slash"
      }
      doc    = "Folder in that bucket."
      source = "DIS API reference, Adding CloudTable Dump Tasks: backup_file_prefix"
    }

    attribute "retry_duration" {
      type    = number
      mode    = "optional"
      default = 1800
      range   = [0, 7200]
      doc     = "For how many seconds a delivery that failed is tried again; then its data goes to `cloudtable_error` or `opentsdb_error` below the folder in the backup bucket. The API takes it as a number and as text."
      source  = "DIS API reference, Adding CloudTable Dump Tasks: retry_duration"
    }

    block "cloudtable_schema" {
      nesting     = "single"
      also_called = ["hbase_schema"]
      doc         = "How a JSON record becomes a row of an HBase table."

      block "row_key" {
        nesting     = "list"
        min         = 1
        max         = 64
        also_called = ["row_keys"]
        doc         = "The parts of the row key, in order."

        attribute "value" {
          type   = string
          mode   = "required"
          length = [1, null]
          doc    = "The field of the record."
          source = "DIS API reference, Adding CloudTable Dump Tasks: row_key.value"
        }

        attribute "type" {
          type    = string
          mode    = "required"
          allowed = ["Bigint", "Double", "Boolean", "Timestamp", "String", "Decimal"]
          value_aliases = {
            int     = "Bigint"
            integer = "Bigint"
            long    = "Bigint"
            bool    = "Boolean"
            text    = "String"
            float   = "Double"
          }
          doc    = "Type of the field."
          source = "DIS API reference, Adding CloudTable Dump Tasks: type of a field"
        }
      }

      block "columns" {
        nesting     = "list"
        min         = 1
        max         = 4096
        also_called = ["column"]
        doc         = "The columns that are filled."

        attribute "column_family_name" {
          type        = string
          mode        = "required"
          also_called = ["column_family"]
          length      = [1, null]
          doc         = "The column family, which the table must have."
          source      = "DIS API reference, Adding CloudTable Dump Tasks: columns.column_family_name"
        }

        attribute "column_name" {
          type   = string
          mode   = "required"
          length = [1, 32]
          pattern {
            regex   = "[A-Za-z0-9_]*"
            meaning = "letters, digits and underscores"
          }
          doc    = "Name of the column."
          source = "DIS API reference, Adding CloudTable Dump Tasks: columns.column_name"
        }

        attribute "value" {
          type   = string
          mode   = "required"
          length = [1, null]
          doc    = "The field of the record."
          source = "DIS API reference, Adding CloudTable Dump Tasks: columns.value"
        }

        attribute "type" {
          type    = string
          mode    = "required"
          allowed = ["Bigint", "Double", "Boolean", "Timestamp", "String", "Decimal"]
          value_aliases = {
            int     = "Bigint"
            integer = "Bigint"
            long    = "Bigint"
            bool    = "Boolean"
            text    = "String"
            float   = "Double"
          }
          doc    = "Type of the field."
          source = "DIS API reference, Adding CloudTable Dump Tasks: type of a field"
        }
      }
    }

    block "opentsdb_schema" {
      nesting = "list"
      doc     = "How a JSON record becomes a point of a time series in OpenTSDB."

      block "metric" {
        nesting     = "list"
        min         = 1
        also_called = ["metrics"]
        doc         = "The parts of the metric's name, in order."

        attribute "type" {
          type    = string
          mode    = "required"
          allowed = ["Constant", "String"]
          doc     = "`Constant`: the value itself. `String`: the field of that name."
          source  = "DIS API reference, Adding CloudTable Dump Tasks: metric.type"
        }

        attribute "value" {
          type   = string
          mode   = "required"
          length = [1, 32]
          pattern {
            regex   = "[A-Za-z0-9.]*"
            meaning = "letters, digits and dots"
          }
          doc    = "The text, or the name of the field."
          source = "DIS API reference, Adding CloudTable Dump Tasks: metric.value"
        }
      }

      block "timestamp" {
        nesting = "single"
        min     = 1
        doc     = "The time of the point."

        attribute "type" {
          type    = string
          mode    = "required"
          allowed = ["Timestamp", "String"]
          doc     = "`Timestamp`: milliseconds since 1970, 13 digits. `String`: text in the form of `format`."
          source  = "DIS API reference, Adding CloudTable Dump Tasks: timestamp.type"
        }

        attribute "value" {
          type   = string
          mode   = "required"
          length = [1, 32]
          pattern {
            regex   = "\\w*"
            meaning = "letters, digits and underscores"
          }
          doc    = "The field of the record."
          source = "DIS API reference, Adding CloudTable Dump Tasks: timestamp.value"
        }

        attribute "format" {
          type    = string
          mode    = "optional"
          allowed = ["yyyy/MM/dd HH:mm:ss", "MM/dd/yyyy HH:mm:ss", "dd/MM/yyyy HH:mm:ss", "yyyy-MM-dd HH:mm:ss", "MM-dd-yyyy HH:mm:ss", "dd-MM-yyyy HH:mm:ss"]
          doc     = "Form of a time that is text."
          source  = "DIS API reference, Adding CloudTable Dump Tasks: timestamp.format"
        }

        rule "format_of_text" {
          attribute = "type"
          condition = self.type != "String" || self.format != null
          message   = "a time of type String needs a format"
          help      = "for example format = \"yyyy/MM/dd HH:mm:ss\""
          source    = "DIS API reference, Adding CloudTable Dump Tasks: timestamp.format"
        }
      }

      block "value" {
        nesting = "single"
        min     = 1
        doc     = "The value of the point."

        attribute "type" {
          type    = string
          mode    = "required"
          allowed = ["Bigint", "Double", "Boolean", "Timestamp", "String", "Decimal"]
          value_aliases = {
            int     = "Bigint"
            integer = "Bigint"
            long    = "Bigint"
            bool    = "Boolean"
            text    = "String"
            float   = "Double"
          }
          doc    = "Type of the field."
          source = "DIS API reference, Adding CloudTable Dump Tasks: type of a field"
        }

        attribute "value" {
          type   = string
          mode   = "required"
          length = [1, 32]
          pattern {
            regex   = "\\w*"
            meaning = "letters, digits and underscores"
          }
          doc    = "The field of the record."
          source = "DIS API reference, Adding CloudTable Dump Tasks: value.value"
        }
      }

      block "tags" {
        nesting     = "list"
        min         = 1
        also_called = ["tag"]
        doc         = "The tags of the point."

        attribute "name" {
          type   = string
          mode   = "required"
          length = [1, 32]
          pattern {
            regex   = "\\w*"
            meaning = "letters, digits and underscores"
          }
          doc    = "Name of the tag."
          source = "DIS API reference, Adding CloudTable Dump Tasks: tags.name"
        }

        attribute "type" {
          type    = string
          mode    = "required"
          allowed = ["Bigint", "Double", "Boolean", "Timestamp", "String", "Decimal"]
          value_aliases = {
            int     = "Bigint"
            integer = "Bigint"
            long    = "Bigint"
            bool    = "Boolean"
            text    = "String"
            float   = "Double"
          }
          doc    = "Type of the field."
          source = "DIS API reference, Adding CloudTable Dump Tasks: type of a field"
        }

        attribute "value" {
          type   = string
          mode   = "required"
          length = [1, 32]
          pattern {
            regex   = "\\w*"
            meaning = "letters, digits and underscores"
          }
          doc    = "The field of the record."
          source = "DIS API reference, Adding CloudTable Dump Tasks: tags.value"
        }
      }
    }

    rule "whole_deliver_time_interval" {
      attribute = "deliver_time_interval"
      condition = floor(self.deliver_time_interval) == self.deliver_time_interval
      message   = "deliver_time_interval is not a whole number of seconds"
      source    = "DIS API reference, Adding CloudTable Dump Tasks: deliver_time_interval is an integer"
    }

    rule "whole_retry_duration" {
      attribute = "retry_duration"
      condition = floor(self.retry_duration) == self.retry_duration
      message   = "retry_duration is not a whole number of seconds"
      source    = "DIS API reference, Adding CloudTable Dump Tasks: retry_duration is an integer"
    }

    rule "one_schema" {
      attribute = "cloudtable_cluster_name"
      condition = (self.cloudtable_schema != null) != (try(length(self.opentsdb_schema), 0) > 0)
      message   = "a CloudTable task needs either cloudtable_schema or opentsdb_schema"
      help      = "cloudtable_schema is for an HBase table, opentsdb_schema for OpenTSDB"
      source    = "DIS API reference, Adding CloudTable Dump Tasks: cloudtable_schema and opentsdb_schema"
    }

    rule "table_of_hbase" {
      attribute = "cloudtable_schema"
      condition = self.cloudtable_schema == null || self.cloudtable_table_name != null
      message   = "cloudtable_schema needs a cloudtable_table_name"
      source    = "DIS API reference, Adding CloudTable Dump Tasks: cloudtable_table_name"
    }

    rule "no_table_in_opentsdb" {
      attribute = "cloudtable_table_name"
      severity  = "warning"
      condition = self.cloudtable_schema != null || self.cloudtable_table_name == null
      message   = "cloudtable_table_name has no meaning for OpenTSDB"
      help      = "remove it"
      source    = "DIS API reference, Adding CloudTable Dump Tasks: cloudtable_table_name"
    }

    rule "backup_of_failures" {
      attribute = "backup_file_prefix"
      severity  = "warning"
      condition = self.obs_backup_bucket_path != null || self.backup_file_prefix == ""
      message   = "backup_file_prefix has no meaning without obs_backup_bucket_path"
      help      = "name the bucket, or remove backup_file_prefix"
      source    = "DIS API reference, Adding CloudTable Dump Tasks: obs_backup_bucket_path"
    }

    rule "no_retry" {
      attribute = "retry_duration"
      severity  = "warning"
      condition = self.retry_duration != 0
      message   = "with retry_duration 0 a delivery that fails once is not tried again"
      help      = "its data goes to cloudtable_error or opentsdb_error at once; the default is 1800"
      source    = "DIS API reference, Adding CloudTable Dump Tasks: retry_duration"
    }
  }

  # What the service says of a task; refreshed, never a difference.

  attribute "task_id" {
    type   = string
    mode   = "computed"
    stable = true
    doc    = "Id that the service gives the task."
  }

  attribute "create_time" {
    type   = number
    mode   = "computed"
    stable = true
    doc    = "When the task was made, in milliseconds since 1970."
  }

  attribute "state" {
    type     = string
    mode     = "computed"
    volatile = true
    doc      = "`STARTING`, `RUNNING`, `PAUSED`, `ABNORMAL`, `ERROR` or `DELETE`."
    source   = "DIS API reference, Querying Dump Task Details: state"
  }

  attribute "last_transfer_timestamp" {
    type     = number
    mode     = "computed"
    volatile = true
    doc      = "When the task delivered last, in milliseconds since 1970; null where it has not yet."
  }

  health {
    phase    = "state"
    pending  = ["STARTING"]
    error    = "state"
    error_ok = ["STARTING", "RUNNING", "PAUSED"]

    cause "ABNORMAL" {
      meaning = "the task can't deliver: something it needs is gone or refuses it"
      help    = "look whether the bucket, the agency (its trust in DIS and its role Tenant Administrator on OBS) and the destination (DLI table, MRS path, DWS table, CloudTable table) are there; if the task stays abnormal once they are, set running = false, apply, set it to true and apply again"
    }

    cause "ERROR" {
      meaning = "the task has failed"
      help    = "look whether the bucket, the agency and the destination are there, then delete the task and apply again; records older than the retention period of the stream are lost by then"
    }

    cause "DELETE" {
      meaning = "the task is being deleted"
      help    = "wait until it is gone and apply again, which makes it anew"
    }
  }

  api "dis" {
    reads = {
      ShowTransferTask  = "dis:transferTasks:get"
      ListTransferTasks = "dis:transferTasks:list"
    }
    writes = {
      CreateTransferTask     = "dis:transferTasks:create"
      BatchStartTransferTask = "dis:transferTasks:update"
      BatchStopTransferTask  = "dis:transferTasks:update"
      DeleteTransferTask     = "dis:transferTasks:delete"
    }
  }

  rule "one_destination" {
    attribute = "destination_type"
    condition = length([
      for block in [
        self.obs_destination_descriptor, self.mrs_destination_descriptor, self.dli_destination_descriptor,
        self.dws_destination_descriptor, self.cloudtable_destination_descriptor,
      ] : 1 if block != null
    ]) == 1
    message = "a dump task has exactly one block that describes its destination"
    help    = "write one of obs_destination_descriptor, mrs_destination_descriptor, dli_destination_descriptor, dws_destination_descriptor and cloudtable_destination_descriptor; for two destinations make two tasks"
    source  = "DIS API reference, Adding Dump Tasks: destination_type and the descriptors"
  }

  rule "type_of_block" {
    attribute = "destination_type"
    condition = (
      config.destination_type == null ? true :
      !contains(["OBS", "MRS", "DLI", "DWS", "CLOUDTABLE"], config.destination_type) ? true :
      contains(
        concat(
          self.obs_destination_descriptor != null ? ["OBS"] : [],
          self.mrs_destination_descriptor != null ? ["MRS"] : [],
          self.dli_destination_descriptor != null ? ["DLI"] : [],
          self.dws_destination_descriptor != null ? ["DWS"] : [],
          self.cloudtable_destination_descriptor != null ? ["CLOUDTABLE"] : [],
        ),
        config.destination_type,
      )
    )
    message = "destination_type is ${config.destination_type}, but there is no ${lower(config.destination_type)}_destination_descriptor"
    help    = "write that block, or leave destination_type out: it follows from the block"
    source  = "DIS API reference, Adding Dump Tasks: destination_type"
  }

  rule "long_stream_name" {
    attribute = "stream_name"
    severity  = "warning"
    condition = length(self.stream_name) <= 60
    message   = "stream_name has ${length(self.stream_name)} characters, and the calls for dump tasks are documented for 60 at most"
    help      = "a stream may have a name of 64 characters; take one of up to 60"
    source    = "DIS API reference, Creating a Stream: 64; Adding DLI Dump Tasks and others: stream_name of the path, 60"
  }

  # What happens to the data.

  effect "begins_with_new_records" {
    on       = ["create"]
    severity = "note"
    when = try(
      self.obs_destination_descriptor.consumer_strategy, self.mrs_destination_descriptor.consumer_strategy,
      self.dli_destination_descriptor.consumer_strategy, self.dws_destination_descriptor.consumer_strategy,
      self.cloudtable_destination_descriptor.consumer_strategy, "LATEST",
    ) == "LATEST"
    text = "The task begins with the records that arrive after it was made; those that are in ${self.stream_name} already are not delivered."
    fix  = "Set consumer_strategy = \"TRIM_HORIZON\" to deliver them too."
  }

  effect "begins_with_old_records" {
    on       = ["create"]
    severity = "note"
    when = try(
      self.obs_destination_descriptor.consumer_strategy, self.mrs_destination_descriptor.consumer_strategy,
      self.dli_destination_descriptor.consumer_strategy, self.dws_destination_descriptor.consumer_strategy,
      self.cloudtable_destination_descriptor.consumer_strategy, "LATEST",
    ) == "TRIM_HORIZON"
    text = "The task begins with the oldest record that ${self.stream_name} still has."
  }

  effect "folders_by_time" {
    on       = ["create"]
    severity = "note"
    when     = try(self.obs_destination_descriptor.partition_format, "") != "" && try(self.obs_destination_descriptor.processing_schema, null) == null
    text     = "The folders ${self.obs_destination_descriptor.partition_format} say, in GMT+8, when the service handled the records (its manual even says: when the task was made), not the time in the records."
    fix      = "For JSON or CSV records, name the field with the time in processing_schema."
  }

  effect "made_paused" {
    on       = ["create", "replace"]
    severity = "note"
    when     = !self.running
    text     = "The task is made and paused: it delivers nothing until running is true."
  }

  effect "window_lost" {
    on = ["replace"]
    when = try(
      self.obs_destination_descriptor.consumer_strategy, self.mrs_destination_descriptor.consumer_strategy,
      self.dli_destination_descriptor.consumer_strategy, self.dws_destination_descriptor.consumer_strategy,
      self.cloudtable_destination_descriptor.consumer_strategy, "LATEST",
    ) == "LATEST"
    text = "The new task begins with the records that arrive after it was made: what the old one had not delivered by then, and what arrives in between, is never delivered."
    fix  = "Stop the producers and wait for the last delivery, or set consumer_strategy = \"TRIM_HORIZON\", which delivers again what the stream still has."
  }

  effect "delivered_again" {
    on = ["replace"]
    when = prior.stream_name == self.stream_name && try(
      self.obs_destination_descriptor.consumer_strategy, self.mrs_destination_descriptor.consumer_strategy,
      self.dli_destination_descriptor.consumer_strategy, self.dws_destination_descriptor.consumer_strategy, "LATEST",
    ) == "TRIM_HORIZON"
    text = "The new task delivers again everything that ${self.stream_name} still has: ${lookup({ OBS = "objects", MRS = "files" }, self.destination_type, "rows")} of the last retention period are there twice${prior.destination_type == self.destination_type ? "" : ", once in each destination"}."
    fix  = "Remove duplicates when you read, or set consumer_strategy = \"LATEST\", which leaves a gap in place of duplicates."
  }

  effect "written_over" {
    on       = ["replace"]
    severity = "note"
    when     = prior.stream_name == self.stream_name && try(self.cloudtable_destination_descriptor.consumer_strategy, "LATEST") == "TRIM_HORIZON"
    text     = "The new task delivers again everything that ${self.stream_name} still has: rows of the same key, and points of the same metric, time and tags, are written over."
  }

  effect "delivery_pauses" {
    on   = ["update"]
    when = prior.running && !self.running
    text = "Delivery pauses. The stream keeps records for its retention period only: what becomes older before the task runs again is never delivered."
    fix  = "Start the task again in time, or lengthen retention_period of the stream first."
  }

  effect "delivery_goes_on" {
    on       = ["update"]
    severity = "note"
    when     = !prior.running && self.running
    text     = "The task delivers again, from where it stopped, as far as the stream still has the records; the vendor does not document the place."
  }

  effect "delivery_stops" {
    on   = ["delete"]
    text = "Records of ${prior.stream_name} are no longer delivered to ${prior.destination_type}. What was delivered stays."
    fix  = "A task created later begins with new records, or, with consumer_strategy = \"TRIM_HORIZON\", with the oldest ones that the stream still has."
  }
}
