# An OBS bucket. Names of the arguments as in the official Terraform provider for Huawei Cloud.
# Sources: OBS API reference (Creating a Bucket, Obtaining Bucket Metadata, advanced bucket settings, Static Website
# Hosting, Error Codes); EPS API reference (Migrating Resources); Terraform provider for Huawei Cloud: obs_bucket.

resource "huaweicloud_obs_bucket" {
  provider  = "huaweicloud"
  version   = 0
  summary   = "A bucket of the Object Storage Service."
  identity  = ["bucket"]
  import_id = ["bucket"]

  also_called = ["opentelekomcloud_obs_bucket"]
  docs        = <<-EOT
    OBS takes only requests that are signed with an access key: the provider needs `access_key` and `secret_key`, also
    where it has a `token`.

    A bucket that exists already in your account is taken over only if it is what the configuration says.

    A bucket is imported by its name; `<name>/s3` imports one whose policy is in the format of S3.

    Lifecycle rules that choose objects by their tags are read without the tags.
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
    also_called = ["name", "bucket_name"]
    length      = [3, 63]
    pattern {
      regex   = "[a-z0-9]+(-+[a-z0-9]+|\\.[a-z0-9]+)*"
      meaning = "lower-case letters, digits, hyphens and dots, beginning and ending with a letter or digit, without a dot next to a dot or hyphen"
    }
    doc    = "Name of the bucket, unique in all accounts and regions. The name of a deleted bucket may stay taken for 30 minutes."
    source = "OBS documentation, Naming a Bucket and Object; OBS API reference, Creating a Bucket"
  }

  attribute "region" {
    type      = string
    mode      = "optional_computed"
    on_change = "replace"
    predict   = provider.region
    doc       = "Region of the bucket; the provider's where it is not set."
  }

  attribute "storage_class" {
    type        = string
    mode        = "optional"
    default     = "STANDARD"
    allowed     = ["STANDARD", "WARM", "COLD"]
    also_called = ["x-obs-storage-class", "default_storage_class"]
    value_aliases = {
      STANDARD_IA = "WARM"
      GLACIER     = "COLD"
    }
    doc    = "Storage class of objects that are written without one of their own. A change is for new objects."
    source = "OBS API reference, Creating a Bucket: x-obs-storage-class"
  }

  attribute "acl" {
    type        = string
    mode        = "optional"
    default     = "private"
    allowed     = ["private", "public-read", "public-read-write", "public-read-delivered", "public-read-write-delivered", "log-delivery-write"]
    also_called = ["x-obs-acl"]
    doc         = "Who may read and write without a permission of their own; with `-delivered` the same holds for the objects. `log-delivery-write` lets OBS write logs of other buckets here. Reads as `custom` where permissions were given in another way."
    source      = "OBS API reference, Configuring a Bucket ACL: x-obs-acl; Terraform provider for Huawei Cloud, obs_bucket: acl"
  }

  attribute "policy" {
    type     = string
    mode     = "optional_computed"
    equality = "json"
    doc      = "The bucket's policy as JSON, in the format that `policy_format` names. Where it is not set, the bucket's policy is left as it is; an empty text removes it."
  }

  attribute "policy_format" {
    type      = string
    mode      = "optional"
    default   = "obs"
    allowed   = ["obs", "s3"]
    on_change = "local"
    doc       = "Format of `policy`: OBS's own, or that of S3, which OBS takes and gives in requests that are signed in another way."
    source    = "Terraform provider for Huawei Cloud, obs_bucket: policy_format"
  }

  attribute "tags" {
    type   = map(string)
    mode   = "optional"
    length = [0, 20]
    doc    = "Tags of the bucket. Keys have up to 36 characters, values up to 43."
    source = "OBS API reference, Configuring Tags for a Bucket: up to 20 tags"
  }

  attribute "versioning" {
    type    = bool
    mode    = "optional"
    default = false
    doc     = "Whether overwritten and deleted objects are kept as versions. Turned off again, no new versions are made, and those that are there stay."
  }

  attribute "quota" {
    type        = number
    mode        = "optional"
    default     = 0
    range       = [0, 9223372036854775807]
    also_called = ["storage_quota"]
    doc         = "Bytes that the objects may take; 0 for no limit. OBS measures with a delay."
    source      = "OBS API reference, Configuring Bucket Storage Quota: at most 2^63 - 1"
  }

  attribute "encryption" {
    type    = bool
    mode    = "optional"
    default = false
    doc     = "Whether objects are encrypted that are written without a method of their own. Objects that are there stay as they are."
  }

  attribute "sse_algorithm" {
    type    = string
    mode    = "optional"
    allowed = ["kms", "AES256"]
    value_aliases = {
      "aws:kms" = "kms"
    }
    doc    = "Method of encryption; `kms` where it is not set."
    source = "Terraform provider for Huawei Cloud, obs_bucket: sse_algorithm"
  }

  attribute "kms_key_id" {
    type        = string
    mode        = "optional"
    also_called = ["kms_master_key_id"]
    doc         = "Key of the key management service; only with `kms`. Without it, OBS uses its default key."
  }

  attribute "kms_key_project_id" {
    type = string
    mode = "optional_computed"
    doc  = "Project that `kms_key_id` belongs to."
  }

  attribute "kms_data_encryption" {
    type    = string
    mode    = "optional"
    allowed = ["AES256", "SM4"]
    doc     = "How data is encrypted with `kms`; `AES256` where it is not set."
    source  = "Terraform provider for Huawei Cloud, obs_bucket: kms_data_encryption"
  }

  attribute "bucket_key_enabled" {
    type   = bool
    mode   = "optional"
    doc    = "Whether the bucket has a key of its own, made from that of `kms`, which saves calls of the key management service."
    source = "Terraform provider for Huawei Cloud, obs_bucket: bucket_key_enabled"
  }

  attribute "parallel_fs" {
    type      = bool
    mode      = "optional"
    default   = false
    on_change = "replace"
    doc       = "Make a parallel file system, which has no versioning, and a default encryption only with `kms`, `kms_key_id` and `bucket_key_enabled`."
  }

  attribute "multi_az" {
    type      = bool
    mode      = "optional_computed"
    on_change = "replace"
    doc       = "Keep the data in several zones of the region."
  }

  attribute "enterprise_project_id" {
    type        = string
    mode        = "optional_computed"
    also_called = ["epid", "eps_id"]
    doc         = "Id of the bucket's enterprise project; the provider's where it is not set. A change moves the bucket with what is in it."
    source      = "EPS API reference, Migrating Resources"
  }

  attribute "user_domain_names" {
    type        = set(string)
    mode        = "optional_computed"
    also_called = ["custom_domain", "customdomain"]
    length      = [0, 100]
    doc         = "Domain names of your own that are bound to the bucket, for access by HTTP. Where they are not set, those that are bound stay; an empty list unbinds all."
    source      = "Terraform provider for Huawei Cloud, obs_bucket: at most 100 user_domain_names"
  }

  attribute "ies_location" {
    type      = string
    mode      = "optional"
    on_change = "replace"
    unread    = "the metadata of a bucket does not name its site"
    doc       = "Id of the zone of a CloudPond site that the bucket lies on."
    source    = "Terraform provider for Huawei Cloud, obs_bucket: ies_location"
  }

  attribute "edge_location" {
    type      = string
    mode      = "optional"
    on_change = "replace"
    unread    = "the metadata of a bucket does not name its site"
    doc       = "Id of the zone of an Intelligent Edge Cloud site that the bucket lies on."
    source    = "Terraform provider for Huawei Cloud, obs_bucket: edge_location"
  }

  attribute "force_destroy" {
    type      = bool
    mode      = "optional"
    default   = false
    on_change = "local"
    doc       = "Delete all objects, their versions and unfinished uploads when the bucket is deleted. Without it, a bucket that holds any is not deleted."
  }

  block "lifecycle_rule" {
    nesting = "list"
    max     = 1000
    doc     = "What happens to objects as they age."

    attribute "name" {
      type        = string
      mode        = "required"
      also_called = ["id"]
      length      = [1, 255]
      doc         = "Name of the rule, unique in the bucket."
      source      = "Terraform provider for Huawei Cloud, obs_bucket: lifecycle_rule.name"
    }

    attribute "enabled" {
      type = bool
      mode = "required"
      doc  = "Whether the rule is carried out."
    }

    attribute "prefix" {
      type = string
      mode = "optional"
      doc  = "Beginning of the names of the objects that the rule is for; all where it is not set."
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
        source = "OBS API reference, Configuring Bucket Lifecycle Rules: Days"
      }

      attribute "date" {
        type = string
        mode = "optional"
        pattern {
          regex   = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
          meaning = "a date such as 2030-01-31"
        }
        doc    = "Objects that were last changed before this date are deleted."
        source = "OBS API reference, Configuring Bucket Lifecycle Rules: Date is midnight in UTC"
      }

      rule "one_expiration" {
        condition = (self.days == null) != (self.date == null)
        message   = "expiration takes exactly one of days and date"
        source    = "OBS API reference, Configuring Bucket Lifecycle Rules: Expiration"
      }
    }

    block "transition" {
      nesting = "set"
      doc     = "When objects move to a cheaper storage class."

      attribute "days" {
        type   = number
        mode   = "optional"
        range  = [1, null]
        doc    = "Days after the last change."
        source = "OBS API reference, Configuring Bucket Lifecycle Rules: Days"
      }

      attribute "date" {
        type = string
        mode = "optional"
        pattern {
          regex   = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
          meaning = "a date such as 2030-01-31"
        }
        doc    = "Objects that were last changed before this date move."
        source = "OBS API reference, Configuring Bucket Lifecycle Rules: Date is midnight in UTC"
      }

      attribute "storage_class" {
        type    = string
        mode    = "required"
        allowed = ["WARM", "COLD"]
        value_aliases = {
          STANDARD_IA = "WARM"
          GLACIER     = "COLD"
        }
        doc    = "Storage class to move to."
        source = "OBS API reference, Configuring Bucket Lifecycle Rules: StorageClass"
      }

      rule "one_transition" {
        condition = (self.days == null) != (self.date == null)
        message   = "transition takes exactly one of days and date"
        source    = "OBS API reference, Configuring Bucket Lifecycle Rules: Transition"
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
        source = "OBS API reference, Configuring Bucket Lifecycle Rules: NoncurrentDays"
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
        source = "OBS API reference, Configuring Bucket Lifecycle Rules: NoncurrentDays"
      }

      attribute "storage_class" {
        type    = string
        mode    = "required"
        allowed = ["WARM", "COLD"]
        value_aliases = {
          STANDARD_IA = "WARM"
          GLACIER     = "COLD"
        }
        doc    = "Storage class to move to."
        source = "OBS API reference, Configuring Bucket Lifecycle Rules: StorageClass"
      }
    }

    block "abort_incomplete_multipart_upload" {
      nesting = "set"
      max     = 1
      doc     = "When parts of uploads that never ended are deleted."

      attribute "days" {
        type   = number
        mode   = "required"
        range  = [1, null]
        doc    = "Days after the upload began."
        source = "OBS API reference, Configuring Bucket Lifecycle Rules: DaysAfterInitiation"
      }
    }

    rule "lifecycle_does_something" {
      condition = (
        length(self.expiration) + length(self.transition) + length(self.noncurrent_version_expiration)
        + length(self.noncurrent_version_transition) + length(self.abort_incomplete_multipart_upload) > 0
      )
      message = "this lifecycle_rule does nothing"
      help    = "add a block expiration, transition, noncurrent_version_expiration, noncurrent_version_transition or abort_incomplete_multipart_upload"
      source  = "Terraform provider for Huawei Cloud, obs_bucket: at least one of the blocks must be specified"
    }
  }

  block "logging" {
    nesting = "set"
    max     = 1
    doc     = "Where logs of accesses to the bucket go."

    attribute "target_bucket" {
      type = string
      mode = "required"
      doc  = "Bucket for the logs, of the same account and region."
    }

    attribute "target_prefix" {
      type    = string
      mode    = "optional"
      default = "logs/"
      doc     = "Beginning of the names of the logs."
    }

    attribute "agency" {
      type = string
      mode = "optional"
      doc  = "Agency with which OBS writes into `target_bucket`; it needs the permission obs:object:PutObject there."
    }
  }

  block "website" {
    nesting = "list"
    max     = 1
    doc     = "The bucket as a static website. Without the block it is none."

    attribute "index_document" {
      type = string
      mode = "optional"
      pattern {
        regex   = "[^/]+"
        meaning = "the name of an object without a folder, such as index.html"
      }
      doc    = "Name of the page for a folder, such as `index.html`."
      source = "OBS API reference, Configuring Static Website Hosting for a Bucket: Suffix"
    }

    attribute "error_document" {
      type = string
      mode = "optional"
      doc  = "Name of the page for errors."
    }

    attribute "redirect_all_requests_to" {
      type        = string
      mode        = "optional"
      also_called = ["RedirectAllRequestsTo"]
      pattern {
        regex   = "(https?://)?[^/:]+(:[0-9]+)?(/.*)?"
        meaning = "a host such as www.example.com, with http:// or https:// before it where that is to be used"
      }
      doc    = "Host where all requests are sent, in place of all other arguments."
      source = "OBS API reference, Configuring Static Website Hosting for a Bucket: RedirectAllRequestsTo"
    }

    attribute "routing_rules" {
      type     = string
      mode     = "optional"
      equality = "json"
      help     = "write the rules as JSON, for example with jsonencode([{ Condition = { KeyPrefixEquals = \"docs/\" }, Redirect = { ReplaceKeyPrefixWith = \"documents/\" } }])"
      doc      = "Where some requests are sent, as a JSON list: each rule has a `Redirect` (`Protocol`, `HostName`, `ReplaceKeyPrefixWith` or `ReplaceKeyWith`, `HttpRedirectCode`) and may have a `Condition` (`KeyPrefixEquals`, `HttpErrorCodeReturnedEquals`). All values are texts."
      source   = "OBS API reference, Configuring Static Website Hosting for a Bucket: RoutingRules"
    }

    rule "page_or_redirect" {
      condition = (self.index_document == null) != (self.redirect_all_requests_to == null)
      message   = "a website has an index_document or redirect_all_requests_to"
      help      = "set exactly one of them"
      source    = "Terraform provider for Huawei Cloud, obs_bucket: website"
    }

    rule "redirect_alone" {
      attribute = "redirect_all_requests_to"
      condition = self.redirect_all_requests_to == null || (self.error_document == null && self.routing_rules == null)
      message   = "where all requests are redirected, there is nothing else to say"
      help      = "remove error_document and routing_rules"
      source    = "OBS API reference, Configuring Static Website Hosting for a Bucket: RedirectAllRequestsTo, no other siblings are allowed"
    }

    rule "rules_that_obs_knows" {
      attribute = "routing_rules"
      condition = self.routing_rules == null ? true : !can(jsondecode(self.routing_rules)) ? true : try(length(concat(jsondecode(self.routing_rules), [])) > 0 && alltrue([
        for r in jsondecode(self.routing_rules) :
        length(setsubtract(keys(r), ["Condition", "Redirect"])) == 0
        && length(setsubtract(keys(r.Redirect), ["Protocol", "HostName", "ReplaceKeyPrefixWith", "ReplaceKeyWith", "HttpRedirectCode"])) == 0
        && length(setsubtract(keys(try(r.Condition, {})), ["KeyPrefixEquals", "HttpErrorCodeReturnedEquals"])) == 0
        && alltrue([for v in concat(values(r.Redirect), values(try(r.Condition, {}))) : startswith(jsonencode(v), "\"")])
      ]), false)
      message = "routing_rules is not a list of rules as OBS knows them"
      help    = "each rule has a Redirect with Protocol, HostName, ReplaceKeyPrefixWith, ReplaceKeyWith or HttpRedirectCode, and may have a Condition with KeyPrefixEquals or HttpErrorCodeReturnedEquals; all values are texts, also \"404\""
      source  = "OBS API reference, Configuring Static Website Hosting for a Bucket: RoutingRule"
    }
  }

  block "cors_rule" {
    nesting = "list"
    max     = 100
    doc     = "What pages of other origins may do."

    attribute "allowed_origins" {
      type = list(string)
      mode = "required"
      doc  = "Origins, each with one `*` at most."
    }

    attribute "allowed_methods" {
      type = list(string)
      mode = "required"
      doc  = "Methods: `GET`, `PUT`, `POST`, `DELETE`, `HEAD`."
    }

    attribute "allowed_headers" {
      type = list(string)
      mode = "optional"
      doc  = "Headers that requests may have."
    }

    attribute "expose_headers" {
      type = list(string)
      mode = "optional"
      doc  = "Headers of replies that pages may read."
    }

    attribute "max_age_seconds" {
      type    = number
      mode    = "optional"
      default = 100
      range   = [0, null]
      doc     = "How long a browser may keep the answer, in seconds."
      source  = "Terraform provider for Huawei Cloud, obs_bucket: cors_rule.max_age_seconds"
    }

    rule "known_methods" {
      attribute = "allowed_methods"
      condition = length(setsubtract(self.allowed_methods, ["GET", "PUT", "POST", "DELETE", "HEAD"])) == 0
      message   = "allowed_methods has a method that OBS does not know"
      help      = "the methods are GET, PUT, POST, DELETE and HEAD"
      source    = "OBS API reference, Configuring Bucket CORS: AllowedMethod"
    }
  }

  attribute "bucket_domain_name" {
    type   = string
    mode   = "computed"
    stable = true
    doc    = "Name under which the bucket answers, such as `orders.obs.cn-north-4.myhuaweicloud.com`."
  }

  attribute "bucket_version" {
    type   = string
    mode   = "computed"
    stable = true
    doc    = "OBS version of the bucket."
  }

  attribute "storage_info" {
    type     = list(map(number))
    mode     = "computed"
    volatile = true
    doc      = "What the bucket holds: `size` in bytes and `object_number`. OBS counts with a delay."
    source   = "OBS API reference, Obtaining Storage Information of a Bucket"
  }

  api "obs" {
    reads = {
      HeadBucket            = "obs:bucket:HeadBucket"
      GetBucketLocation     = "obs:bucket:GetBucketLocation"
      GetBucketAcl          = "obs:bucket:GetBucketAcl"
      GetBucketVersioning   = "obs:bucket:GetBucketVersioning"
      GetBucketEncryption   = "obs:bucket:GetEncryptionConfiguration"
      GetBucketQuota        = "obs:bucket:GetBucketQuota"
      GetBucketLifecycle    = "obs:bucket:GetLifecycleConfiguration"
      GetBucketTagging      = "obs:bucket:GetBucketTagging"
      GetBucketLogging      = "obs:bucket:GetBucketLogging"
      GetBucketCORS         = "obs:bucket:GetBucketCORS"
      GetBucketPolicy       = "obs:bucket:GetBucketPolicy"
      GetBucketWebsite      = "obs:bucket:GetBucketWebsite"
      GetBucketCustomDomain = "obs:bucket:GetBucketCustomDomainConfiguration"
      GetBucketStorageInfo  = "obs:bucket:GetBucketStorage"
    }
    writes = {
      CreateBucket             = "obs:bucket:CreateBucket"
      PutBucketAcl             = "obs:bucket:PutBucketAcl"
      PutBucketStoragePolicy   = "obs:bucket:PutBucketStoragePolicy"
      PutBucketVersioning      = "obs:bucket:PutBucketVersioning"
      PutBucketEncryption      = "obs:bucket:PutEncryptionConfiguration"
      DeleteBucketEncryption   = "obs:bucket:PutEncryptionConfiguration"
      PutBucketQuota           = "obs:bucket:PutBucketQuota"
      PutBucketLifecycle       = "obs:bucket:PutLifecycleConfiguration"
      DeleteBucketLifecycle    = "obs:bucket:PutLifecycleConfiguration"
      PutBucketTagging         = "obs:bucket:PutBucketTagging"
      DeleteBucketTagging      = "obs:bucket:DeleteBucketTagging"
      PutBucketLogging         = "obs:bucket:PutBucketLogging"
      PutBucketCORS            = "obs:bucket:PutBucketCORS"
      DeleteBucketCORS         = "obs:bucket:PutBucketCORS"
      PutBucketPolicy          = "obs:bucket:PutBucketPolicy"
      DeleteBucketPolicy       = "obs:bucket:DeleteBucketPolicy"
      PutBucketWebsite         = "obs:bucket:PutBucketWebsite"
      DeleteBucketWebsite      = "obs:bucket:DeleteBucketWebsite"
      PutBucketCustomDomain    = "obs:bucket:PutBucketCustomDomainConfiguration"
      DeleteBucketCustomDomain = "obs:bucket:DeleteBucketCustomDomainConfiguration"
      DeleteBucket             = "obs:bucket:DeleteBucket"
    }
  }

  # Only to move the bucket to another enterprise project.
  api "eps" {
    writes = { MigrateResource = "eps:resources:migrate" }
  }

  # Only with force_destroy.
  api "obs" {
    writes = {
      ListBucket                 = "obs:bucket:ListBucket"
      ListBucketVersions         = "obs:bucket:ListBucketVersions"
      ListBucketMultipartUploads = "obs:bucket:ListBucketMultipartUploads"
      DeleteObjects              = "obs:object:DeleteObject"
      AbortMultipartUpload       = "obs:object:AbortMultipartUpload"
    }
  }
  api "obs" {
    writes = { DeleteObjects = "obs:object:DeleteObjectVersion" }
  }

  rule "public_bucket" {
    attribute = "acl"
    severity  = "warning"
    condition = self.acl != "public-read-write" && self.acl != "public-read-write-delivered"
    message   = "everybody on the internet may write into this bucket and delete its objects"
    help      = "use acl = \"private\" and give permissions to those who need them"
    source    = "OBS API reference, Configuring a Bucket ACL: public-read-write"
  }

  rule "dots_break_tls" {
    attribute = "bucket"
    severity  = "warning"
    condition = length(split(".", self.bucket)) == 1
    message   = "the certificate of OBS is not good for a bucket with dots in its name, so HTTPS to it fails"
    help      = "use hyphens instead of dots"
    source    = "OBS documentation, Creating a Bucket: names with dots"
  }

  rule "name_is_no_address" {
    attribute = "bucket"
    condition = length(regexall("^[0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+$", self.bucket)) == 0
    message   = "the name of a bucket can't be an IP address"
    source    = "OBS documentation, Naming a Bucket and Object"
  }

  rule "encryption_arguments" {
    attribute = "encryption"
    condition = self.encryption == true || (
      self.sse_algorithm == null && self.kms_key_id == null && self.kms_data_encryption == null && self.bucket_key_enabled == null
    )
    message = "sse_algorithm, kms_key_id, kms_data_encryption and bucket_key_enabled do nothing without encryption"
    help    = "set encryption = true, or remove them"
    source  = "Terraform provider for Huawei Cloud, obs_bucket: encryption"
  }

  rule "key_only_with_kms" {
    attribute = "kms_key_id"
    condition = self.sse_algorithm != "AES256" || self.kms_key_id == null
    message   = "kms_key_id belongs to sse_algorithm kms"
    help      = "set sse_algorithm = \"kms\", or remove kms_key_id"
    source    = "OBS API reference, Configuring Bucket Encryption: KMSMasterKeyID"
  }

  rule "only_with_kms" {
    attribute = "bucket_key_enabled"
    condition = self.sse_algorithm != "AES256" || (self.kms_data_encryption == null && self.bucket_key_enabled != true)
    message   = "kms_data_encryption and bucket_key_enabled belong to sse_algorithm kms"
    help      = "set sse_algorithm = \"kms\", or remove them"
    source    = "Terraform provider for Huawei Cloud, obs_bucket: bucket_key_enabled"
  }

  rule "file_system_has_no_versions" {
    attribute = "parallel_fs"
    condition = self.parallel_fs != true || self.versioning != true
    message   = "a parallel file system has no versioning"
    help      = "remove versioning, or make a bucket"
    source    = "Terraform provider for Huawei Cloud, obs_bucket: error FsNotSupport"
  }

  rule "file_system_encryption" {
    attribute = "encryption"
    condition = self.parallel_fs != true || self.encryption != true || (
      self.sse_algorithm == "kms" && self.kms_key_id != null && self.bucket_key_enabled == true
    )
    message = "a parallel file system is encrypted only with a key of its own and a key of the bucket"
    help    = "set sse_algorithm = \"kms\", kms_key_id and bucket_key_enabled = true"
    source  = "Terraform provider for Huawei Cloud, obs_bucket: parallel_fs"
  }

  rule "file_system_is_no_website" {
    attribute = "website"
    condition = self.parallel_fs != true || length(self.website) == 0
    message   = "a parallel file system can't be a website"
    help      = "remove website, or make a bucket"
    source    = "OBS documentation, Parallel File System: differences from a bucket"
  }

  rule "website_nobody_reads" {
    attribute = "website"
    severity  = "warning"
    condition = length(self.website) == 0 || self.acl != "private" || self.policy != null || length([for w in self.website : w if w.redirect_all_requests_to != null]) > 0
    message   = "nobody on the internet may read the pages of this website"
    help      = "set acl = \"public-read\", or a policy that lets everybody read"
    source    = "OBS documentation, Static Website Hosting: objects must be readable by everybody"
  }

  rule "one_site" {
    attribute = "edge_location"
    condition = self.ies_location == null || self.edge_location == null
    message   = "a bucket lies on one site"
    help      = "remove ies_location or edge_location"
    source    = "Terraform provider for Huawei Cloud, obs_bucket: ies_location, edge_location"
  }

  rule "lifecycle_names_once" {
    attribute = "lifecycle_rule"
    condition = length(distinct([for r in self.lifecycle_rule : r.name])) == length(self.lifecycle_rule)
    message   = "two lifecycle_rule blocks have one name"
    help      = "give each a name of its own"
    source    = "OBS API reference, Configuring Bucket Lifecycle Rules: ID must be unique"
  }

  effect "objects_deleted" {
    on   = ["delete", "replace"]
    when = prior.force_destroy == true
    text = "All objects in the bucket ${prior.bucket} are deleted with it, former versions too, and can't be brought back."
    fix  = "Copy what you need first, or set force_destroy = false and apply: then a bucket with objects is kept."
  }

  effect "bucket_must_be_empty" {
    on       = ["delete", "replace"]
    severity = "note"
    when     = prior.force_destroy != true
    text     = "OBS deletes the bucket ${prior.bucket} only while it is empty."
  }

  effect "tasks_write_again" {
    on   = ["replace"]
    text = "Dump tasks, connectors and Smart Connect tasks that write into this bucket fail while it is away, and its name may stay taken for 30 minutes."
  }

  effect "objects_expire" {
    on = ["update"]
    when = length(setsubtract(
      [
        for r in self.lifecycle_rule : jsonencode([r.prefix, r.expiration, r.noncurrent_version_expiration])
        if r.enabled && length(r.expiration) + length(r.noncurrent_version_expiration) > 0
      ],
      [
        for r in prior.lifecycle_rule : jsonencode([r.prefix, r.expiration, r.noncurrent_version_expiration])
        if r.enabled && length(r.expiration) + length(r.noncurrent_version_expiration) > 0
      ],
    )) > 0
    text = "The new or changed lifecycle rules also delete objects that are in the bucket ${prior.bucket} already, as soon as they are old enough, and they can't be brought back."
    fix  = "Look at what they are for, prefix and days, before you apply."
  }

  effect "permissions_removed" {
    on   = ["update"]
    when = prior.acl == "custom"
    text = "Permissions that other accounts were given on the bucket ${prior.bucket} are removed, and deliveries of theirs into it fail."
    fix  = "Give them again with a policy."
  }
}
