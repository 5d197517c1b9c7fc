# A bucket that exists. Source: OBS API reference, Obtaining Bucket Metadata.

data "huaweicloud_obs_bucket" {
  provider = "huaweicloud"
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
    also_called = ["name", "bucket_name"]
    length      = [3, 63]
    doc         = "Name of the bucket."
    source      = "OBS documentation, Naming a Bucket and Object"
  }

  attribute "region" {
    type = string
    mode = "optional_computed"
    doc  = "Region of the bucket; the provider's where it is not set."
  }

  attribute "storage_class" {
    type = string
    mode = "computed"
    doc  = "Storage class of objects that are written without one of their own."
  }

  attribute "parallel_fs" {
    type = bool
    mode = "computed"
    doc  = "Whether it is a parallel file system."
  }

  attribute "multi_az" {
    type = bool
    mode = "computed"
    doc  = "Whether the data lies in several zones of the region."
  }

  attribute "enterprise_project_id" {
    type = string
    mode = "computed"
    doc  = "Enterprise project of the bucket."
  }

  attribute "bucket_domain_name" {
    type = string
    mode = "computed"
    doc  = "Name under which the bucket answers."
  }

  attribute "bucket_version" {
    type = string
    mode = "computed"
    doc  = "OBS version of the bucket."
  }

  api "obs" {
    reads = { HeadBucket = "obs:bucket:HeadBucket", GetBucketLocation = "obs:bucket:GetBucketLocation" }
  }
}
