# A bucket that exists. Source: OSS API reference, GetBucketInfo and GetBucketTagging.

data "alicloud_oss_bucket" {
  provider = "alicloud"
  version  = 0
  summary  = "A bucket of the Object Storage Service that exists, found by its name."

  attribute "id" {
    type = string
    mode = "computed"
    doc  = "The name of the bucket."
  }

  attribute "bucket" {
    type        = string
    mode        = "required"
    also_called = ["name", "bucket_name", "BucketName"]
    length      = [3, 63]
    doc         = "Name of the bucket."
    source      = "OSS documentation, Bucket naming conventions"
  }

  attribute "acl" {
    type = string
    mode = "computed"
    doc  = "Who may read and write the objects without a permission of their own."
  }

  attribute "storage_class" {
    type = string
    mode = "computed"
    doc  = "Storage class of objects that are written without one of their own."
  }

  attribute "redundancy_type" {
    type = string
    mode = "computed"
    doc  = "`LRS` keeps the copies in one zone, `ZRS` in several zones of the region."
  }

  attribute "versioning_status" {
    type = string
    mode = "computed"
    doc  = "`Enabled` or `Suspended`; null where it was never set."
  }

  attribute "sse_algorithm" {
    type = string
    mode = "computed"
    doc  = "How objects are encrypted by default; null where they are not."
  }

  attribute "tags" {
    type = map(string)
    mode = "computed"
    doc  = "Tags of the bucket."
  }

  attribute "creation_date" {
    type = string
    mode = "computed"
    doc  = "When the bucket was made."
  }

  attribute "extranet_endpoint" {
    type = string
    mode = "computed"
    doc  = "Endpoint of the bucket's region on the internet, such as `oss-cn-hangzhou.aliyuncs.com`: the `oss_endpoint` of a delivery task."
  }

  attribute "intranet_endpoint" {
    type = string
    mode = "computed"
    doc  = "Endpoint of the bucket's region inside Alibaba Cloud."
  }

  attribute "location" {
    type = string
    mode = "computed"
    doc  = "Region of the bucket as OSS spells it, such as `oss-cn-hangzhou`."
  }

  attribute "owner" {
    type = string
    mode = "computed"
    doc  = "Id of the account that owns the bucket."
  }

  api "oss" {
    reads = ["GetBucketInfo", "GetBucketLifecycle", "GetBucketTagging"]
  }
}
