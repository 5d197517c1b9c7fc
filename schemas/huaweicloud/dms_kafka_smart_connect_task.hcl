# A Smart Connect task of a Kafka instance: messages of topics become objects in an OBS bucket, or are copied between two
# Kafkas. Names of the arguments as in the official Terraform provider for Huawei Cloud, dms_kafkav2_smart_connect_task.
# Sources: DMS for Kafka API reference, Smart Connect; DMS for Kafka user guide, Smart Connect.

resource "huaweicloud_dms_kafka_smart_connect_task" {
  provider  = "huaweicloud"
  version   = 0
  summary   = "A task of a Kafka instance that dumps messages into an OBS bucket, or copies them between two Kafkas."
  identity  = ["instance_id", "task_name"]
  import_id = ["instance_id", "task_name"]

  also_called = ["huaweicloud_dms_kafkav2_smart_connect_task", "opentelekomcloud_dms_smart_connect_task_v2"]
  unmanaged = {
    connector_id = "a block with a connector_id is a huaweicloud_dms_kafka_sink_task here, with the same arguments; or take its successor, this type, which has an instance_id"
  }

  docs = <<-EOT
    The instance needs a connector, a `huaweicloud_dms_kafka_connector`: let the task take `instance_id` from it, or name it
    in `depends_on`.

    With `destination_type = "OBS_SINK"` the task writes an object every `deliver_time_interval` seconds, or sooner when
    there is much, in a folder for the time at which it is delivered: `<obs_path>/<partition_format>`. Times in folders are
    GMT+08:00. With `source_type = "KAFKA_REPLICATOR_SOURCE"` it copies messages from or to another Kafka.

    Topics, and the arguments of `destination_task` except for its keys and `consumer_strategy`, are changed in place; for
    everything else the task is made again, and the plan says what that does to the data. Open Telekom Cloud documents no
    call that changes a task; there use `apply -replace=<address>`.

    `running` pauses and resumes the task. A task that is paused goes on where it stopped, as long as the topics keep what
    it has not read yet. A task that has never run is started; Headworks never restarts another one, as that forgets how
    far it got. Without `running`, the task is left as it is.

    Keys and passwords are sent once and never come back: the state keeps a fingerprint, from which a change is seen. The
    call that changes a task has no place for them, so that new keys mean a new task.

    The Terraform provider calls this type `huaweicloud_dms_kafkav2_smart_connect_task`; its type without `v2` is
    `huaweicloud_dms_kafka_sink_task` here. The service knows a task by an id that it makes; Headworks finds it by its
    name. An import id may have the task's id in place of its name, and a slash in place of the colon.
  EOT

  timeouts {
    create = "30m"
    update = "20m"
    delete = "20m"
  }

  attribute "id" {
    type   = string
    mode   = "computed"
    stable = true
    doc    = "Id that the service gives the task."
  }

  attribute "region" {
    type      = string
    mode      = "optional_computed"
    on_change = "replace"
    predict   = provider.region
    doc       = "Region of the instance; the provider's where it is not set."
  }

  attribute "instance_id" {
    type        = string
    mode        = "required"
    on_change   = "replace"
    also_called = ["kafka_instance_id"]
    length      = [1, 64]
    doc         = "The Kafka instance whose connector runs the task."
    source      = "DMS for Kafka API reference, Creating a Smart Connect Task: instance_id"
  }

  attribute "task_name" {
    type        = string
    mode        = "required"
    on_change   = "replace"
    also_called = ["name"]
    length      = [4, 64]
    pattern {
      regex   = "[A-Za-z0-9_-]*"
      meaning = "letters, digits, hyphens and underscores"
    }
    doc    = "Name of the task, unique in the instance."
    source = "DMS for Kafka user guide, Smart Connect: task name"
  }

  attribute "topics" {
    type        = set(string)
    mode        = "optional"
    also_called = ["topic", "topic_names"]
    length      = [1, null]
    doc         = "Names of the topics. This or `topics_regex` must be set."
    source      = "DMS for Kafka API reference, Creating a Smart Connect Task: topics"
  }

  attribute "topics_regex" {
    type        = string
    mode        = "optional"
    also_called = ["topic_regex"]
    length      = [1, null]
    doc         = "A regular expression for the names of the topics."
    source      = "DMS for Kafka API reference, Creating a Smart Connect Task: topics_regex"
  }

  attribute "start_later" {
    type      = bool
    mode      = "optional"
    on_change = "local"
    unread    = "it counts only while the task is made"
    doc       = "Make the task without starting it: it waits until it is started in the console, or by `running = true`."
  }

  attribute "running" {
    type = bool
    mode = "optional_computed"
    doc  = "Whether the task delivers. `false` pauses it, or makes it without starting it; `true` resumes or starts it. Without it the task is left as it is."
  }

  attribute "source_type" {
    type      = string
    mode      = "optional"
    default   = "NONE"
    on_change = "replace"
    allowed   = ["NONE", "KAFKA_REPLICATOR_SOURCE"]
    value_aliases = {
      BLOB  = "NONE"
      KAFKA = "KAFKA_REPLICATOR_SOURCE"
    }
    doc    = "`KAFKA_REPLICATOR_SOURCE` copies messages between two Kafkas, as `source_task` says."
    source = "DMS for Kafka API reference, Creating a Smart Connect Task: source_type"
  }

  attribute "destination_type" {
    type        = string
    mode        = "optional"
    default     = "NONE"
    on_change   = "replace"
    also_called = ["sink_type"]
    allowed     = ["NONE", "OBS_SINK"]
    value_aliases = {
      OBS = "OBS_SINK"
    }
    doc    = "`OBS_SINK` dumps messages into an OBS bucket, as `destination_task` says."
    source = "DMS for Kafka API reference, Creating a Smart Connect Task: sink_type"
  }

  block "source_task" {
    nesting     = "single"
    on_change   = "replace"
    also_called = ["source_config"]
    doc         = "The other Kafka, and how messages are copied."

    attribute "current_instance_alias" {
      type        = string
      mode        = "optional_computed"
      also_called = ["current_cluster_name"]
      doc         = "Name for this instance, which renamed topics begin with."
    }

    attribute "peer_instance_alias" {
      type        = string
      mode        = "optional_computed"
      also_called = ["cluster_name"]
      doc         = "Name for the other Kafka."
    }

    attribute "peer_instance_id" {
      type        = string
      mode        = "optional"
      also_called = ["instance_id"]
      doc         = "The other Kafka, if it is an instance of the same account. This or `peer_instance_address` must be set."
    }

    attribute "peer_instance_address" {
      type        = set(string)
      mode        = "optional"
      also_called = ["bootstrap_servers"]
      length      = [1, null]
      pattern {
        regex   = "[^\\s,:/]+:[0-9]{1,5}|\\[[0-9A-Fa-f:.]+\\]:[0-9]{1,5}"
        meaning = "an address with its port, such as 192.168.0.10:9092"
      }
      doc    = "Addresses of the other Kafka, each `<host>:<port>`."
      source = "DMS for Kafka API reference, Creating a Smart Connect Task: bootstrap_servers"
    }

    attribute "security_protocol" {
      type    = string
      mode    = "optional_computed"
      allowed = ["PLAINTEXT", "SASL_SSL", "SASL_PLAINTEXT"]
      doc     = "How the other Kafka is spoken to; `SASL_SSL` and `SASL_PLAINTEXT` need a user."
      source  = "DMS for Kafka API reference, Creating a Smart Connect Task: security_protocol"
    }

    attribute "sasl_mechanism" {
      type    = string
      mode    = "optional_computed"
      allowed = ["PLAIN", "SCRAM-SHA-512"]
      doc     = "How the user proves who he is."
      source  = "DMS for Kafka API reference, Creating a Smart Connect Task: sasl_mechanism"
    }

    attribute "user_name" {
      type        = string
      mode        = "optional"
      also_called = ["username"]
      doc         = "User of the other Kafka."
    }

    attribute "password" {
      type   = string
      mode   = "optional"
      secret = true
      doc    = "Password of the user."
    }

    attribute "direction" {
      type    = string
      mode    = "optional_computed"
      allowed = ["pull", "push", "two-way"]
      doc     = "`pull` copies from the other Kafka to this instance, `push` to the other Kafka, `two-way` both."
      source  = "DMS for Kafka API reference, Creating a Smart Connect Task: direction"
    }

    attribute "sync_consumer_offsets_enabled" {
      type = bool
      mode = "optional_computed"
      doc  = "Copy how far consumers have read, too."
    }

    attribute "replication_factor" {
      type   = number
      mode   = "optional_computed"
      range  = [1, null]
      doc    = "Replicas of topics that are made, at most the brokers of the Kafka that they are made in."
      source = "DMS for Kafka API reference, Creating a Smart Connect Task: replication_factor"
    }

    attribute "task_num" {
      type   = number
      mode   = "optional_computed"
      range  = [1, null]
      doc    = "How many tasks copy at the same time; twice as many for `two-way`."
      source = "DMS for Kafka API reference, Creating a Smart Connect Task: task_num"
    }

    attribute "rename_topic_enabled" {
      type = bool
      mode = "optional_computed"
      doc  = "Name the copies `<alias of the source>.<topic>`."
    }

    attribute "topics_mapping" {
      type   = set(string)
      mode   = "optional"
      length = [1, 20]
      pattern {
        regex   = "[A-Za-z0-9._-]+:[A-Za-z0-9._-]+"
        meaning = "a topic and the name of its copy, as in orders:orders-copy"
      }
      doc    = "Names of the copies, each `<topic>:<copy>`; not with `rename_topic_enabled`."
      source = "DMS for Kafka API reference, Creating a Smart Connect Task: topics_mapping; user guide: at most 20 topics"
    }

    attribute "provenance_header_enabled" {
      type = bool
      mode = "optional_computed"
      doc  = "Write into a header of each copy where it comes from."
    }

    attribute "consumer_strategy" {
      type    = string
      mode    = "optional_computed"
      allowed = ["latest", "earliest"]
      value_aliases = {
        TRIM_HORIZON = "earliest"
      }
      doc    = "Where copying begins: `latest` at messages that come from now on, `earliest` at the oldest that the topics have."
      source = "DMS for Kafka API reference, Creating a Smart Connect Task: consumer_strategy"
    }

    attribute "compression_type" {
      type    = string
      mode    = "optional_computed"
      allowed = ["none", "gzip", "snappy", "lz4", "zstd"]
      doc     = "How copies are compressed."
      source  = "DMS for Kafka API reference, Creating a Smart Connect Task: compression_type"
    }

    rule "one_peer" {
      attribute = "peer_instance_id"
      condition = (self.peer_instance_id == null) != (self.peer_instance_address == null)
      message   = "a task copies between this instance and exactly one other Kafka"
      help      = "set peer_instance_id for an instance of the same account, or peer_instance_address, and not both"
      source    = "Terraform provider for Huawei Cloud, dms_kafkav2_smart_connect_task: exactly one of them"
    }

    rule "both_are_named" {
      attribute = "current_instance_alias"
      severity  = "warning"
      condition = config.current_instance_alias != null && config.peer_instance_alias != null
      message   = "the API asks for a name of both Kafkas"
      help      = "set current_instance_alias and peer_instance_alias, any two names that differ"
      source    = "DMS for Kafka API reference, Creating a Smart Connect Task: current_cluster_name, cluster_name (the example of the Terraform provider has none)"
    }

    rule "rename_or_map" {
      attribute = "topics_mapping"
      condition = try(self.topics_mapping == null || self.rename_topic_enabled != true, true)
      message   = "topics_mapping can't be set when rename_topic_enabled is true"
      help      = "remove one of them"
      source    = "Terraform provider for Huawei Cloud, dms_kafkav2_smart_connect_task: topics_mapping"
    }

    rule "whole_replication_factor" {
      attribute = "replication_factor"
      condition = floor(self.replication_factor) == self.replication_factor
      message   = "replication_factor is not a whole number"
      source    = "DMS for Kafka API reference, Creating a Smart Connect Task: source_task, replication_factor is an integer"
    }

    rule "whole_task_num" {
      attribute = "task_num"
      condition = floor(self.task_num) == self.task_num
      message   = "task_num is not a whole number"
      source    = "DMS for Kafka API reference, Creating a Smart Connect Task: source_task, task_num is an integer"
    }

    rule "user_where_needed" {
      attribute = "security_protocol"
      condition = self.security_protocol == null || self.security_protocol == "PLAINTEXT" || (self.user_name != null && self.password != null)
      message   = "security_protocol ${self.security_protocol} needs user_name and password"
      help      = "set both, the password from a sensitive variable"
      source    = "Terraform provider for Huawei Cloud, dms_kafkav2_smart_connect_task: user_name and password"
    }
  }

  block "destination_task" {
    nesting     = "single"
    also_called = ["sink_task", "obs_destination_descriptor", "sink_config"]
    doc         = "The bucket, and how messages are written into it."

    attribute "consumer_strategy" {
      type        = string
      mode        = "required"
      on_change   = "replace"
      also_called = ["starting_position", "auto_offset_reset"]
      allowed     = ["latest", "earliest"]
      value_aliases = {
        TRIM_HORIZON = "earliest"
      }
      doc    = "Where the task begins to read: `latest` at messages that come from now on, `earliest` at the oldest that the topics have."
      source = "DMS for Kafka API reference, Creating a Smart Connect Task: consumer_strategy"
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
      source = "DMS for Kafka API reference, Creating a Smart Connect Task: destination_file_type"
    }

    attribute "deliver_time_interval" {
      type        = number
      mode        = "optional"
      default     = 300
      range       = [30, 900]
      also_called = ["deliver_time_interva"]
      doc         = "Seconds between two deliveries."
      source      = "DMS for Kafka API reference, Creating a Smart Connect Task: deliver_time_interval"
    }

    attribute "access_key" {
      type        = string
      mode        = "required"
      on_change   = "replace"
      secret      = true
      also_called = ["ak"]
      doc         = "Id of an access key whose user may write into the bucket."
    }

    attribute "secret_key" {
      type        = string
      mode        = "required"
      on_change   = "replace"
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
      doc    = "Folder in the bucket; the bucket itself where it is not set."
      source = "DMS for Kafka user guide, Smart Connect: dump directory; huaweicloudsdkkafka 3.1.84: 64 characters"
    }

    attribute "partition_format" {
      type    = string
      mode    = "required"
      allowed = ["yyyy", "yyyy/MM", "yyyy/MM/dd", "yyyy/MM/dd/HH", "yyyy/MM/dd/HH/mm"]
      doc     = "Folders by the time of delivery, in GMT+08:00."
      source  = "DMS for Kafka API reference, Creating a Smart Connect Task: partition_format"
    }

    attribute "record_delimiter" {
      type    = string
      mode    = "optional"
      default = "\n"
      doc     = "What stands between messages: `,`, `;`, `|`, a line break (`\"\\n\"`), or nothing (`\"\"`)."
      source  = "DMS for Kafka API reference, Creating a Smart Connect Task: record_delimiter"
    }

    attribute "store_keys" {
      type    = bool
      mode    = "optional"
      default = false
      doc     = "Write the keys of messages, too."
    }

    rule "whole_deliver_time_interval" {
      attribute = "deliver_time_interval"
      condition = floor(self.deliver_time_interval) == self.deliver_time_interval
      message   = "deliver_time_interval is not a whole number of seconds"
      source    = "DMS for Kafka API reference, Creating a Smart Connect Task: deliver_time_interval is an integer"
    }

    rule "record_delimiter_known" {
      attribute = "record_delimiter"
      condition = contains([",", ";", "|", "\n", ""], self.record_delimiter)
      message   = "record_delimiter must be a comma, a semicolon, a vertical bar, a line break or nothing"
      help      = "a line break is \"\\n\", with one backslash, and nothing is \"\""
      source    = "DMS for Kafka API reference, Creating a Smart Connect Task: record_delimiter; Terraform provider for Huawei Cloud"
    }
  }

  # What the service says of a task; refreshed, never a difference.

  attribute "status" {
    type     = string
    mode     = "computed"
    volatile = true
    doc      = "`CREATING`, `RUNNING`, `PAUSED`, `WAITING` for its first start, or `RESTARTING`."
    source   = "DMS for Kafka API reference, Querying Smart Connect Task Details: status"
  }

  attribute "created_at" {
    type   = string
    mode   = "computed"
    stable = true
    doc    = "When the task was made."
  }

  health {
    phase    = "status"
    pending  = ["CREATING", "RESTARTING"]
    error    = "status"
    error_ok = ["CREATING", "RUNNING", "PAUSED", "WAITING", "RESTARTING"]
  }

  api "dms" {
    reads = {
      ListConnectorTasks = "dms:instance:listConnectorSinkTask"
      ShowConnectorTask  = "dms:instance:getConnectorSinkTask"
    }
    writes = {
      CreateConnectorTask  = "dms:instance:createConnectorSinkTask"
      DeleteConnectorTask  = "dms:instance:deleteConnectorSinkTask"
      ModifyConnectorTask  = "dms:instance:updateConnectorTask"
      PauseConnectorTask   = "dms:instance:updateConnectorTask"
      RestartConnectorTask = "dms:instance:updateConnectorTask"
      ResumeConnectorTask  = "dms:instance:updateConnectorTask"
    }
  }

  # What the task does.

  rule "does_something" {
    attribute = "destination_type"
    condition = self.source_type != "NONE" || self.destination_type != "NONE"
    message   = "the task does nothing: source_type and destination_type are both NONE"
    help      = "set destination_type = \"OBS_SINK\" with a destination_task block, or source_type = \"KAFKA_REPLICATOR_SOURCE\" with a source_task block"
    source    = "DMS for Kafka API reference, Creating a Smart Connect Task: source_type, sink_type"
  }

  rule "source_task_of_type" {
    attribute = "source_task"
    condition = (
      !contains(["NONE", "KAFKA_REPLICATOR_SOURCE"], self.source_type) ? true :
      (self.source_task != null) == (self.source_type != "NONE")
    )
    message = "a source_task block and source_type = \"KAFKA_REPLICATOR_SOURCE\" belong together"
    help    = "add the one that is missing, or remove the other"
    source  = "DMS for Kafka API reference, Creating a Smart Connect Task: source_task"
  }

  rule "destination_task_of_type" {
    attribute = "destination_task"
    condition = (
      !contains(["NONE", "OBS_SINK"], self.destination_type) ? true :
      (self.destination_task != null) == (self.destination_type != "NONE")
    )
    message = "a destination_task block and destination_type = \"OBS_SINK\" belong together"
    help    = "add the one that is missing, or remove the other"
    source  = "DMS for Kafka API reference, Creating a Smart Connect Task: sink_task"
  }

  rule "start_later_or_running" {
    attribute = "running"
    condition = !(config.start_later == true && config.running == true)
    message   = "a task that starts later does not run"
    help      = "remove start_later; set running = true when the task shall start"
    source    = "DMS for Kafka API reference, Creating a Smart Connect Task: start_later"
  }

  # Which topics.

  rule "topics_or_regex" {
    attribute = "topics"
    condition = (config.topics == null) != (config.topics_regex == null)
    message   = "a task has either topics or topics_regex"
    help      = "set one of them"
    source    = "DMS for Kafka API reference, Creating a Smart Connect Task: topics or topics_regex"
  }

  rule "topics_regex_of_some" {
    attribute = "topics_regex"
    condition = self.topics_regex == null ? true : !contains([".*", "^.*", ".*$", "^.*$"], self.topics_regex)
    message   = "topics_regex must not stand for all topics"
    help      = "name the topics, or the part that their names have in common, such as orders-.*"
    source    = "DMS for Kafka API reference, Creating a Dumping Task: topics_regex can't be .*"
  }

  rule "topics_at_most" {
    attribute = "topics"
    severity  = "warning"
    condition = self.topics == null ? true : length(self.topics) <= 20
    message   = "a task takes at most 20 topics"
    help      = "spread the topics over several tasks, or set topics_regex"
    source    = "DMS for Kafka user guide, Smart Connect: at most 20 topics in a task, 18 tasks in an instance"
  }

  rule "topics_are_names" {
    attribute = "topics"
    severity  = "warning"
    condition = self.topics == null ? true : alltrue([for t in self.topics : length(regexall("[^A-Za-z0-9._-]", t)) == 0])
    highlight = try([for t in self.topics : t if length(regexall("[^A-Za-z0-9._-]", t)) > 0][0], "")
    message   = "`${found}` is no name of a topic"
    help      = "write one name in each element; for an expression set topics_regex instead"
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

  # What happens to the data.

  effect "gap" {
    on   = ["replace"]
    when = try(self.destination_task.consumer_strategy, self.source_task.consumer_strategy, null) != "earliest"
    text = "Messages that come between the deletion of the old task and the start of the new one are never delivered, nor those that the old one had not delivered yet."
    fix  = "Stop the producers for the time of the change, or set consumer_strategy = \"earliest\", which delivers again what the topics still have."
  }

  effect "again" {
    on   = ["replace"]
    when = try(self.destination_task.consumer_strategy, self.source_task.consumer_strategy, null) == "earliest"
    text = "The new task delivers all messages that the topics still have once more: those that were delivered before are there twice."
    fix  = "Deliver into a new obs_path, or to new topics, and let readers switch to it; or remove duplicates when you read."
  }

  effect "moves" {
    on       = ["update", "replace"]
    severity = "note"
    when     = try(prior.destination_task.obs_bucket_name != self.destination_task.obs_bucket_name || prior.destination_task.obs_path != self.destination_task.obs_path, false)
    text     = "New objects are written into ${self.destination_task.obs_bucket_name}/${self.destination_task.obs_path == null ? "" : self.destination_task.obs_path}; those that were delivered stay in ${prior.destination_task.obs_bucket_name}/${prior.destination_task.obs_path == null ? "" : prior.destination_task.obs_path}."
    fix      = "Let readers look at both."
  }

  effect "folders_change" {
    on       = ["update", "replace"]
    severity = "note"
    when     = try(prior.destination_task.partition_format != self.destination_task.partition_format, false)
    text     = "New objects are written into folders by ${self.destination_task.partition_format}; those that are there stay in folders by ${prior.destination_task.partition_format}."
  }

  effect "topics_left" {
    on   = ["update"]
    when = try(length(setsubtract(prior.topics, self.topics)) > 0, prior.topics != null)
    text = "Messages of topics that are left out are no longer delivered."
  }

  effect "pause" {
    on   = ["update"]
    when = prior.running == true && self.running == false
    text = "The task stops delivering. Messages that the topics drop before it is resumed are never delivered."
    fix  = "Resume it before the topics reach their retention."
  }

  effect "from_now_on" {
    on       = ["create"]
    severity = "note"
    when     = try(self.destination_task.consumer_strategy, self.source_task.consumer_strategy, null) == "latest"
    text     = "Messages that the topics have already are not delivered: consumer_strategy is latest."
  }

  effect "time_zone" {
    on       = ["create"]
    severity = "note"
    when     = try(self.destination_task, null) != null
    text     = "Folders are named by the time in GMT+08:00, whatever the region."
  }

  effect "delivery_stops" {
    on   = ["delete"]
    text = "Messages that come from now on are no longer delivered. What was delivered stays."
    fix  = "A task that is made later with consumer_strategy = \"latest\" leaves a gap; \"earliest\" delivers again all that the topics still have."
  }
}
