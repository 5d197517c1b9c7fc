# A dump task of a Kafka connector: messages of topics become objects in an OBS bucket. Names of the arguments as in the
# official Terraform provider for Huawei Cloud, dms_kafka_smart_connect_task.
# Sources: DMS for Kafka API reference, Creating a Dumping Task and its siblings; huaweicloudsdkkafka 3.0.47 and 3.1.84.

resource "huaweicloud_dms_kafka_sink_task" {
  provider   = "huaweicloud"
  version    = 0
  summary    = "A task that dumps messages of Kafka topics into an OBS bucket, through the connector of an instance."
  identity   = ["connector_id", "task_name"]
  import_id  = ["connector_id", "task_name"]
  deprecated = "The vendor has marked the API of dump tasks as out of date; use huaweicloud_dms_kafka_smart_connect_task, which does the same and more."

  # The API creates, shows, lists and deletes tasks; it changes none.
  on_change = "replace"

  docs = <<-EOT
    The task reads the topics and writes an object every `deliver_time_interval` seconds, or sooner when there is much, in
    a folder for the time at which it is delivered: `<obs_path>/<partition_format>`. Times in folders are GMT+08:00.

    A task can't be changed. Every change deletes the task and makes a new one; the plan says what that does to the data.
    Objects that were delivered stay.

    `access_key` and `secret_key` are those of a user who may write into the bucket. They are sent once and never come
    back: the state keeps a fingerprint, from which a change is seen. The task keeps the keys: when they are deleted or
    changed in IAM, it stops delivering.

    What the API has in `obs_destination_descriptor` stands beside the rest here, as in the Terraform provider, which calls
    this type `huaweicloud_dms_kafka_smart_connect_task`. The service knows a task by an id
    that it makes; Headworks finds a task by its name, so the name must be unique in the connector. An import id may have
    the task's id in place of its name, and a slash in place of the colon.

    The successor is `huaweicloud_dms_kafka_smart_connect_task`:

    | here | there |
    |---|---|
    | `connector_id` | `instance_id` |
    | `task_name`, `topics_regex` | the same |
    | `topics = "a,b"` | `topics = ["a", "b"]` |
    | `source_type = "BLOB"` | `source_type = "NONE"`, or nothing |
    | `destination_type = "OBS"` | `destination_type = "OBS_SINK"` |
    | all others | the same, in a `destination_task` block |
  EOT

  timeouts {
    create = "50m"
    update = "20m"
    delete = "20m"
  }

  attribute "id" {
    type   = string
    mode   = "computed"
    stable = true
    doc    = "Id that the service gives the task (`task_id`)."
  }

  attribute "region" {
    type    = string
    mode    = "optional_computed"
    predict = provider.region
    doc     = "Region of the instance; the provider's where it is not set."
  }

  attribute "connector_id" {
    type        = string
    mode        = "required"
    also_called = ["ConnectorId"]
    length      = [1, 64]
    doc         = "The connector that the task runs in: `connector_id` of a `huaweicloud_dms_kafka_connector`."
    source      = "DMS for Kafka API reference, Creating a Dumping Task: connector_id"
  }

  attribute "task_name" {
    type        = string
    mode        = "required"
    also_called = ["name"]
    length      = [1, 64]
    doc         = "Name of the task, unique in the connector."
    source      = "DMS for Kafka user guide, Smart Connect: task name"
  }

  attribute "source_type" {
    type    = string
    mode    = "optional"
    default = "BLOB"
    allowed = ["BLOB"]
    value_aliases = {
      NONE = "BLOB"
    }
    unread = "the service does not return it"
    doc    = "Type of the source; there is only `BLOB`."
    source = "DMS for Kafka API reference, Creating a Dumping Task: source_type"
  }

  attribute "destination_type" {
    type    = string
    mode    = "optional"
    default = "OBS"
    allowed = ["OBS"]
    value_aliases = {
      OBS_SINK = "OBS"
    }
    doc    = "Type of the destination; there is only `OBS`."
    source = "DMS for Kafka API reference, Creating a Dumping Task: destination_type"
  }

  attribute "topics" {
    type        = string
    mode        = "optional"
    also_called = ["topic", "topic_name"]
    length      = [1, null]
    doc         = "Names of the topics, separated by commas. This or `topics_regex` must be set."
    source      = "DMS for Kafka API reference, Creating a Dumping Task: topics"
  }

  attribute "topics_regex" {
    type        = string
    mode        = "optional"
    also_called = ["topic_regex", "topics_regular"]
    length      = [1, null]
    unread      = "the service is not documented to return it"
    doc         = "A regular expression for the names of the topics; `.*` is not allowed."
    source      = "DMS for Kafka API reference, Creating a Dumping Task: topics_regex"
  }

  attribute "consumer_strategy" {
    type        = string
    mode        = "required"
    also_called = ["starting_position", "auto_offset_reset"]
    allowed     = ["latest", "earliest"]
    value_aliases = {
      TRIM_HORIZON = "earliest"
    }
    doc    = "Where the task begins to read: `latest` at messages that come from now on, `earliest` at the oldest that the topics have."
    source = "DMS for Kafka API reference, Creating a Dumping Task: consumer_strategy"
  }

  attribute "destination_file_type" {
    type        = string
    mode        = "optional"
    default     = "TEXT"
    equality    = "case_insensitive"
    also_called = ["file_type"]
    allowed     = ["TEXT"]
    value_aliases = {
      TXT = "TEXT"
    }
    doc    = "Type of the objects; there is only `TEXT`."
    source = "DMS for Kafka API reference, Creating a Dumping Task: destination_file_type (TXT in the text, TEXT in the example)"
  }

  attribute "access_key" {
    type        = string
    mode        = "required"
    secret      = true
    also_called = ["ak"]
    doc         = "Id of an access key whose user may write into the bucket."
  }

  attribute "secret_key" {
    type        = string
    mode        = "required"
    secret      = true
    also_called = ["sk"]
    doc         = "Secret of the access key."
  }

  attribute "obs_bucket_name" {
    type        = string
    mode        = "required"
    also_called = ["obs_bucket", "bucket"]
    length      = [3, 63]
    pattern {
      regex   = "[a-z0-9][a-z0-9.-]*[a-z0-9]"
      meaning = "the name of an OBS bucket: lower-case letters, digits, hyphens and dots, beginning and ending with a letter or digit"
    }
    help   = "the bucket alone, without obs:// and without a folder; a folder goes into obs_path"
    doc    = "Bucket that the objects are written into, in the region of the instance."
    source = "OBS API reference, Creating a Bucket: name of a bucket"
  }

  attribute "obs_path" {
    type        = string
    mode        = "optional"
    also_called = ["file_prefix", "obs_prefix", "path"]
    length      = [0, 64]
    pattern {
      regex   = "[A-Za-z0-9_/-]*"
      meaning = "letters, digits, underscores, hyphens and slashes"
    }
    doc    = "Folder in the bucket; the bucket itself where it is not set. The table of the API allows no hyphen, but its own example has one."
    source = "huaweicloudsdkkafka 3.1.84, ObsDestinationDescriptor.obs_path; DMS for Kafka API reference, Creating a Dumping Task: example"
  }

  attribute "partition_format" {
    type    = string
    mode    = "required"
    allowed = ["yyyy", "yyyy/MM", "yyyy/MM/dd", "yyyy/MM/dd/HH", "yyyy/MM/dd/HH/mm"]
    doc     = "Folders by the time of delivery, in GMT+08:00."
    source  = "huaweicloudsdkkafka 3.1.84, ObsDestinationDescriptor.partition_format"
  }

  attribute "record_delimiter" {
    type    = string
    mode    = "optional"
    default = "\n"
    doc     = "What stands between messages: `,`, `;`, `|`, a line break (`\"\\n\"`), or nothing (`\"\"`)."
    source  = "DMS for Kafka API reference, Creating a Dumping Task: record_delimiter"
  }

  attribute "deliver_time_interval" {
    type   = number
    mode   = "required"
    range  = [30, 900]
    help   = "300 is what the vendor's example has"
    doc    = "Seconds between two deliveries."
    source = "DMS for Kafka API reference, Creating a Dumping Task: deliver_time_interval"
  }

  # What the service says of a task; refreshed, never a difference.

  attribute "status" {
    type     = string
    mode     = "computed"
    volatile = true
    doc      = "`CREATING`, `RUNNING`, or `PAUSED`, which can only be ended in the console."
    source   = "huaweicloudsdkkafka 3.1.84, ShowSinkTaskDetailResponse.status; Terraform provider for Huawei Cloud"
  }

  attribute "created_at" {
    type   = string
    mode   = "computed"
    stable = true
    doc    = "When the task was made."
  }

  health {
    phase    = "status"
    pending  = ["CREATING"]
    error    = "status"
    error_ok = ["CREATING", "RUNNING", "PAUSED"]
  }

  api "dms" {
    reads = {
      ListSinkTasks      = "dms:instance:listConnectorSinkTask"
      ShowSinkTaskDetail = "dms:instance:getConnectorSinkTask"
    }
    writes = {
      CreateSinkTask = "dms:instance:createConnectorSinkTask"
      DeleteSinkTask = "dms:instance:deleteConnectorSinkTask"
    }
  }

  # Which topics.

  rule "topics_or_regex" {
    attribute = "topics"
    condition = (config.topics == null) != (config.topics_regex == null)
    message   = "a task has either topics or topics_regex"
    help      = "set one of them"
    source    = "DMS for Kafka API reference, Creating a Dumping Task: topics or topics_regex"
  }

  rule "topics_regex_of_some" {
    attribute = "topics_regex"
    condition = self.topics_regex == null ? true : !contains([".*", "^.*", ".*$", "^.*$"], self.topics_regex)
    message   = "topics_regex must not stand for all topics"
    help      = "name the topics, or the part that their names have in common, such as orders-.*"
    source    = "DMS for Kafka API reference, Creating a Dumping Task: topics_regex can't be .*"
  }

  rule "topics_are_names" {
    attribute = "topics"
    severity  = "warning"
    condition = self.topics == null ? true : length(regexall("[^A-Za-z0-9._, -]", self.topics)) == 0
    highlight = try(regexall("[^A-Za-z0-9._, -]", self.topics)[0], "")
    message   = "topics are names, in which `${found}` can't stand"
    help      = "for an expression set topics_regex instead"
    source    = "Kafka, names of topics: letters, digits, full stop, underscore and hyphen"
  }

  rule "topics_regex_is_no_glob" {
    attribute = "topics_regex"
    severity  = "warning"
    condition = self.topics_regex == null ? true : length(regexall("(^|[A-Za-z0-9_-])\\*", self.topics_regex)) == 0
    highlight = try(regexall("[A-Za-z0-9_-]?\\*", self.topics_regex)[0], "")
    message   = "`${found}` repeats one character; it does not stand for any text"
    help      = "a regular expression says .* for any text, as in orders-.*"
    source    = "Java regular expressions; the vendor's sample topic-obs* (our inference)"
  }

  rule "task_name_form" {
    attribute = "task_name"
    severity  = "warning"
    condition = length(regexall("^[A-Za-z0-9_-]{4,64}$", self.task_name)) == 1
    message   = "the console allows task names of 4 to 64 letters, digits, hyphens and underscores"
    help      = "the service may refuse another name"
    source    = "DMS for Kafka user guide, Smart Connect: task name"
  }

  # Where to.

  rule "whole_deliver_time_interval" {
    attribute = "deliver_time_interval"
    condition = floor(self.deliver_time_interval) == self.deliver_time_interval
    message   = "deliver_time_interval is not a whole number of seconds"
    source    = "DMS for Kafka API reference, Creating a Dumping Task: deliver_time_interval is an integer"
  }

  rule "record_delimiter_known" {
    attribute = "record_delimiter"
    condition = contains([",", ";", "|", "\n", ""], self.record_delimiter)
    message   = "record_delimiter must be a comma, a semicolon, a vertical bar, a line break or nothing"
    help      = "a line break is \"\\n\", with one backslash, and nothing is \"\""
    source    = "DMS for Kafka API reference, Creating a Dumping Task: record_delimiter; Terraform provider for Huawei Cloud"
  }

  rule "obs_path_length" {
    attribute = "obs_path"
    severity  = "warning"
    condition = self.obs_path == null ? true : length(self.obs_path) <= 50
    message   = "older pages of the API allow 50 characters in obs_path"
    help      = "a shorter one is taken everywhere"
    source    = "DMS for Kafka API reference, Creating a Dumping Task: obs_path (50 in older pages, 64 in newer ones)"
  }

  # What happens to the data.

  effect "gap" {
    on   = ["replace"]
    when = self.consumer_strategy == "latest"
    text = "Messages that come between the deletion of the old task and the start of the new one are never delivered, nor those that the old one had not delivered yet."
    fix  = "Stop the producers for the time of the change, or set consumer_strategy = \"earliest\", which delivers again what the topics still have."
  }

  effect "again" {
    on   = ["replace"]
    when = self.consumer_strategy == "earliest" && prior.obs_bucket_name == self.obs_bucket_name && prior.obs_path == self.obs_path
    text = "The new task delivers all messages that the topics still have once more, into ${self.obs_bucket_name}/${self.obs_path == null ? "" : self.obs_path}: those that were delivered before are there twice."
    fix  = "Deliver into a new obs_path and let readers switch to it, or remove duplicates when you read."
  }

  effect "again_elsewhere" {
    on   = ["replace"]
    when = self.consumer_strategy == "earliest" && (prior.obs_bucket_name != self.obs_bucket_name || prior.obs_path != self.obs_path)
    text = "The new task delivers all messages that the topics still have once more, into ${self.obs_bucket_name}/${self.obs_path == null ? "" : self.obs_path}. What was delivered before stays in the old folder: who reads both sees messages twice."
    fix  = "Let readers switch to the new folder, and delete the old one when none reads it any more."
  }

  effect "folders_change" {
    on       = ["replace"]
    severity = "note"
    when     = prior.partition_format != self.partition_format
    text     = "New objects are written into folders by ${self.partition_format}; those that are there stay in folders by ${prior.partition_format}."
  }

  effect "from_now_on" {
    on       = ["create"]
    severity = "note"
    when     = self.consumer_strategy == "latest"
    text     = "Messages that the topics have already are not delivered: consumer_strategy is latest."
  }

  effect "time_zone" {
    on       = ["create"]
    severity = "note"
    text     = "Folders are named by the time in GMT+08:00, whatever the region."
  }

  effect "delivery_stops" {
    on   = ["delete"]
    text = "Messages that come from now on are no longer delivered. Objects that were delivered stay."
    fix  = "A task that is made later with consumer_strategy = \"latest\" leaves a gap; \"earliest\" delivers again all that the topics still have."
  }
}
