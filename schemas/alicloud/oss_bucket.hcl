# An OSS bucket. Names of the arguments as in the official Terraform provider for Alibaba Cloud.
# Sources: OSS API reference (PutBucket, GetBucketInfo, PutBucketLifecycle, PutBucketVersioning, PutBucketEncryption,
# PutBucketTags) and OSS limits.

resource "alicloud_oss_bucket" {
  provider  = "alicloud"
  version   = 0
  summary   = "A bucket of the Object Storage Service."
  identity  = ["bucket"]
  import_id = ["bucket"]

  docs = <<-EOT
    The bucket is made in the region of its provider. Name, region and storage class can't be changed later.
  EOT

  timeouts {
    create = "5m"
    update = "5m"
    delete = "10m"
  }

  attribute "id" {
    type    = string
    mode    = "computed"
    stable  = true
    predict = self.bucket
    doc     = "The name of the bucket."
  }

  attribute "bucket" {
    type        = string
    mode        = "required"
    on_change   = "replace"
    also_called = ["name", "bucket_name", "BucketName"]
    length      = [3, 63]
    pattern {
      regex   = "[a-z0-9]([a-z0-9-]*[a-z0-9])?"
      meaning = "lower-case letters, digits and hyphens, beginning and ending with a letter or digit"
    }
    doc    = "Name of the bucket, unique in all of OSS."
    source = "OSS documentation, Bucket naming conventions"
  }

  attribute "acl" {
    type    = string
    mode    = "optional"
    default = "private"
    allowed = ["private", "public-read", "public-read-write"]
    doc     = "Who may read and write the objects without a permission of their own."
    source  = "OSS API reference, PutBucketAcl: x-oss-acl"
  }

  attribute "storage_class" {
    type      = string
    mode      = "optional"
    default   = "Standard"
    on_change = "replace"
    allowed   = ["Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive"]
    value_aliases = {
      InfrequentAccess = "IA"
    }
    doc    = "Storage class of objects that are written without one of their own."
    source = "OSS API reference, PutBucket: StorageClass; OSS limits: it can't be changed"
  }

  attribute "redundancy_type" {
    type        = string
    mode        = "optional"
    default     = "LRS"
    on_change   = "replace"
    allowed     = ["LRS", "ZRS"]
    also_called = ["data_redundancy_type", "DataRedundancyType"]
    doc         = "`LRS` keeps the copies in one zone, `ZRS` in several zones of the region."
    source      = "OSS API reference, PutBucket: DataRedundancyType"
  }

  attribute "tags" {
    type   = map(string)
    mode   = "optional"
    length = [0, 10]
    doc    = "Tags of the bucket."
    source = "Terraform provider for Alibaba Cloud, oss_bucket: at most 10 tags"
  }

  attribute "force_destroy" {
    type      = bool
    mode      = "optional"
    default   = false
    on_change = "local"
    doc       = "Delete all objects when the bucket is deleted. Without it, a bucket that holds objects is not deleted."
  }

  block "versioning" {
    nesting = "single"
    doc     = "Whether overwritten and deleted objects are kept as versions. Once set, it can be suspended but not removed."

    attribute "status" {
      type    = string
      mode    = "required"
      allowed = ["Enabled", "Suspended"]
      value_aliases = {
        Disabled = "Suspended"
      }
      doc    = "`Enabled` keeps versions, `Suspended` makes no new ones."
      source = "OSS API reference, PutBucketVersioning: Status"
    }
  }

  block "server_side_encryption_rule" {
    nesting = "single"
    doc     = "How objects are encrypted that are written without a method of their own."

    attribute "sse_algorithm" {
      type    = string
      mode    = "required"
      allowed = ["AES256", "KMS", "SM4"]
      doc     = "Method of encryption."
      source  = "OSS API reference, PutBucketEncryption: SSEAlgorithm"
    }

    attribute "kms_master_key_id" {
      type = string
      mode = "optional"
      doc  = "Key of the Key Management Service; only with `KMS`. Without it, OSS uses a key of its own."
    }

    attribute "kms_data_encryption" {
      type    = string
      mode    = "optional"
      allowed = ["SM4"]
      doc     = "Method with which the objects are encrypted under the key; only with `KMS`, and AES256 where it is not set."
      source  = "OSS API reference, PutBucketEncryption: KMSDataEncryption"
    }

    rule "key_only_with_kms" {
      attribute = "kms_master_key_id"
      condition = self.sse_algorithm == "KMS" || (self.kms_master_key_id == null && self.kms_data_encryption == null)
      message   = "kms_master_key_id and kms_data_encryption belong to sse_algorithm KMS"
      help      = "set sse_algorithm = \"KMS\", or remove them"
      source    = "OSS API reference, PutBucketEncryption: KMSMasterKeyID"
    }
  }

  block "lifecycle_rule" {
    nesting = "list"
    max     = 1000
    doc     = "What happens to objects as they age."

    attribute "id" {
      type   = string
      mode   = "optional_computed"
      length = [1, 255]
      doc    = "Name of the rule, unique in the bucket. OSS makes one where none is set."
      source = "OSS API reference, PutBucketLifecycle: ID"
    }

    attribute "prefix" {
      type    = string
      mode    = "optional"
      default = ""
      doc     = "Beginning of the names of the objects that the rule is for; empty for all."
    }

    attribute "enabled" {
      type = bool
      mode = "required"
      doc  = "Whether the rule is carried out."
    }

    attribute "tags" {
      type = map(string)
      mode = "optional"
      doc  = "Tags that an object must have."
    }

    block "filter" {
      nesting = "single"
      doc     = "Objects that the rule is not for, and sizes it is for."

      attribute "object_size_greater_than" {
        type = number
        mode = "optional"
        doc  = "Only objects larger than this, in bytes."
      }

      attribute "object_size_less_than" {
        type = number
        mode = "optional"
        doc  = "Only objects smaller than this, in bytes."
      }

      block "not" {
        nesting = "single"
        doc     = "Objects that the rule leaves out."

        attribute "prefix" {
          type = string
          mode = "optional"
          doc  = "Beginning of their names."
        }

        block "tag" {
          nesting = "single"
          doc     = "A tag that they have."

          attribute "key" {
            type = string
            mode = "required"
            doc  = "Key of the tag."
          }

          attribute "value" {
            type = string
            mode = "required"
            doc  = "Value of the tag."
          }
        }
      }
    }

    block "expiration" {
      nesting = "set"
      max     = 1
      doc     = "When objects are deleted. Exactly one argument."

      attribute "days" {
        type   = number
        mode   = "optional"
        range  = [1, null]
        doc    = "Days after the last change."
        source = "OSS API reference, PutBucketLifecycle: Days is a positive integer"
      }

      attribute "date" {
        type = string
        mode = "optional"
        pattern {
          regex   = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
          meaning = "a date such as 2030-01-31"
        }
        doc    = "Date from which objects are deleted, as `2030-01-31`."
        source = "Terraform provider for Alibaba Cloud, oss_bucket: lifecycle_rule.expiration.date"
      }

      attribute "created_before_date" {
        type = string
        mode = "optional"
        pattern {
          regex   = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
          meaning = "a date such as 2030-01-31"
        }
        doc    = "Objects changed before this date are deleted."
        source = "Terraform provider for Alibaba Cloud, oss_bucket: lifecycle_rule.expiration.created_before_date"
      }

      attribute "expired_object_delete_marker" {
        type = bool
        mode = "optional"
        doc  = "Delete markers that stand for no version are removed."
      }

      rule "one_expiration" {
        condition = length([
          for v in [
            self.days == null ? "" : "days",
            self.date == null ? "" : "date",
            self.created_before_date == null ? "" : "created_before_date",
            self.expired_object_delete_marker == null ? "" : "expired_object_delete_marker",
          ] : v if v != ""
        ]) == 1
        message = "expiration takes exactly one of days, date, created_before_date and expired_object_delete_marker"
        source  = "OSS API reference, PutBucketLifecycle: Expiration"
      }
    }

    block "transitions" {
      nesting = "set"
      doc     = "When objects move to a cheaper storage class."

      attribute "days" {
        type   = number
        mode   = "optional"
        range  = [1, null]
        doc    = "Days after the last change."
        source = "OSS API reference, PutBucketLifecycle: Days is a positive integer"
      }

      attribute "created_before_date" {
        type = string
        mode = "optional"
        pattern {
          regex   = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
          meaning = "a date such as 2030-01-31"
        }
        doc    = "Objects changed before this date move."
        source = "Terraform provider for Alibaba Cloud, oss_bucket: lifecycle_rule.transitions.created_before_date"
      }

      attribute "storage_class" {
        type    = string
        mode    = "required"
        allowed = ["IA", "Archive", "ColdArchive", "DeepColdArchive"]
        doc     = "Storage class to move to."
        source  = "OSS API reference, PutBucketLifecycle: Transition.StorageClass"
      }

      rule "one_transition" {
        condition = (self.days == null) != (self.created_before_date == null)
        message   = "transitions takes exactly one of days and created_before_date"
        source    = "OSS API reference, PutBucketLifecycle: Transition"
      }
    }

    block "abort_multipart_upload" {
      nesting = "set"
      max     = 1
      doc     = "When parts of uploads that never ended are deleted."

      attribute "days" {
        type   = number
        mode   = "optional"
        range  = [1, null]
        doc    = "Days after the upload began."
        source = "OSS API reference, PutBucketLifecycle: Days is a positive integer"
      }

      attribute "created_before_date" {
        type = string
        mode = "optional"
        pattern {
          regex   = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
          meaning = "a date such as 2030-01-31"
        }
        doc    = "Parts of uploads begun before this date are deleted."
        source = "Terraform provider for Alibaba Cloud, oss_bucket: lifecycle_rule.abort_multipart_upload"
      }

      rule "one_abort" {
        condition = (self.days == null) != (self.created_before_date == null)
        message   = "abort_multipart_upload takes exactly one of days and created_before_date"
        source    = "OSS API reference, PutBucketLifecycle: AbortMultipartUpload"
      }
    }

    block "noncurrent_version_expiration" {
      nesting = "set"
      max     = 1
      doc     = "When former versions are deleted."

      attribute "days" {
        type   = number
        mode   = "required"
        range  = [1, null]
        doc    = "Days after a version was replaced."
        source = "OSS API reference, PutBucketLifecycle: NoncurrentDays"
      }
    }

    block "noncurrent_version_transition" {
      nesting = "set"
      doc     = "When former versions move to a cheaper storage class."

      attribute "days" {
        type   = number
        mode   = "required"
        range  = [1, null]
        doc    = "Days after a version was replaced."
        source = "OSS API reference, PutBucketLifecycle: NoncurrentDays"
      }

      attribute "storage_class" {
        type    = string
        mode    = "required"
        allowed = ["IA", "Archive", "ColdArchive", "DeepColdArchive"]
        doc     = "Storage class to move to."
        source  = "OSS API reference, PutBucketLifecycle: NoncurrentVersionTransition.StorageClass"
      }
    }

    rule "lifecycle_does_something" {
      condition = (
        length(self.expiration) + length(self.transitions) + length(self.abort_multipart_upload)
        + length(self.noncurrent_version_expiration) + length(self.noncurrent_version_transition) > 0
      )
      message = "this lifecycle_rule does nothing"
      help    = "add a block expiration, transitions, abort_multipart_upload, noncurrent_version_expiration or noncurrent_version_transition"
      source  = "OSS API reference, PutBucketLifecycle: a rule holds at least one action"
    }
  }

  attribute "creation_date" {
    type   = string
    mode   = "computed"
    stable = true
    doc    = "When the bucket was made."
  }

  attribute "extranet_endpoint" {
    type   = string
    mode   = "computed"
    stable = true
    doc    = "Endpoint of the bucket's region on the internet, such as `oss-cn-hangzhou.aliyuncs.com`."
  }

  attribute "intranet_endpoint" {
    type   = string
    mode   = "computed"
    stable = true
    doc    = "Endpoint of the bucket's region inside Alibaba Cloud."
  }

  attribute "location" {
    type   = string
    mode   = "computed"
    stable = true
    doc    = "Region of the bucket as OSS spells it, such as `oss-cn-hangzhou`."
  }

  attribute "owner" {
    type   = string
    mode   = "computed"
    stable = true
    doc    = "Id of the account that owns the bucket."
  }

  api "oss" {
    reads = ["GetBucketInfo", "GetBucketLifecycle", "GetBucketTagging"]
    writes = [
      "PutBucket", "PutBucketAcl", "PutBucketVersioning", "PutBucketEncryption", "PutBucketLifecycle", "PutBucketTagging",
      "DeleteBucketEncryption", "DeleteBucketLifecycle", "DeleteBucketTagging", "DeleteBucket",
    ]
  }

  # Only with force_destroy.
  api "oss" {
    writes = { ListObjectVersions = "oss:ListObjectVersions", DeleteMultipleObjects = "oss:DeleteObject" }
  }
  api "oss" {
    writes = { DeleteMultipleObjects = "oss:DeleteObjectVersion" }
  }

  rule "public_bucket" {
    attribute = "acl"
    severity  = "warning"
    condition = self.acl != "public-read-write"
    message   = "everybody on the internet may write into this bucket and delete its objects"
    help      = "use acl = \"private\" and give permissions to those who need them"
    source    = "OSS API reference, PutBucketAcl: public-read-write"
  }

  rule "lifecycle_ids_once" {
    attribute = "lifecycle_rule"
    condition = (
      length(distinct([for r in self.lifecycle_rule : r.id if r.id != null]))
      == length([for r in self.lifecycle_rule : r.id if r.id != null])
    )
    message = "two lifecycle_rule blocks have one id"
    help    = "give each an id of its own, or none"
    source  = "OSS API reference, PutBucketLifecycle: ID must be unique"
  }

  effect "objects_deleted" {
    on   = ["delete", "replace"]
    when = prior.force_destroy == true
    text = "All objects in the bucket ${prior.bucket} are deleted with it, and can't be brought back."
    fix  = "Copy what you need first, or set force_destroy = false and apply: then a bucket with objects is kept."
  }

  effect "bucket_must_be_empty" {
    on       = ["delete", "replace"]
    severity = "note"
    when     = prior.force_destroy != true
    text     = "OSS deletes the bucket ${prior.bucket} only while it is empty."
  }

  effect "tasks_write_again" {
    on   = ["replace"]
    text = "Delivery tasks that write into this bucket fail while it is away, and write everything again when it is back."
  }
}
