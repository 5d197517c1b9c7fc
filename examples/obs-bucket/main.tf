# A bucket of Huawei Cloud for delivered data: old files move to cheaper storage and are deleted in the end.
#
#   headworks -chdir=examples/obs-bucket --sim apply

terraform {
  required_version = ">= 1.4"
}

variable "region" {
  description = "Region of the bucket."
  type        = string
  default     = "cn-north-4"
}

variable "keep_days" {
  description = "Days after which delivered files are deleted."
  type        = number
  default     = 365
}

provider "huaweicloud" {
  region = var.region
}

resource "huaweicloud_obs_bucket" "lake" {
  bucket        = "events-lake-${var.region}"
  acl           = "private"
  storage_class = "STANDARD"
  versioning    = true
  encryption    = true
  force_destroy = true

  tags = {
    team    = "events"
    purpose = "data-delivery"
  }

  lifecycle_rule {
    name    = "delivered"
    prefix  = "events/"
    enabled = true

    transition {
      days          = 30
      storage_class = "WARM"
    }

    transition {
      days          = 90
      storage_class = "COLD"
    }

    expiration {
      days = var.keep_days
    }

    noncurrent_version_expiration {
      days = 7
    }
  }

  lifecycle_rule {
    name    = "parts"
    enabled = true

    abort_incomplete_multipart_upload {
      days = 3
    }
  }
}

output "address" {
  description = "Where the bucket answers."
  value       = "https://${huaweicloud_obs_bucket.lake.bucket_domain_name}/"
}
