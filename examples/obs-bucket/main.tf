# A bucket of Huawei Cloud for delivered data: old files move to cheaper storage and are deleted in the end. A second
# bucket is a small website that says what the files are.
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

resource "huaweicloud_obs_bucket" "pages" {
  bucket        = "events-pages-${var.region}"
  acl           = "public-read"
  force_destroy = true

  website {
    index_document = "index.html"
    error_document = "error.html"

    # Pages of the first version have moved.
    routing_rules = jsonencode([
      {
        Condition = { KeyPrefixEquals = "v1/" }
        Redirect  = { ReplaceKeyPrefixWith = "v2/" }
      },
    ])
  }
}

output "address" {
  description = "Where the bucket answers."
  value       = "https://${huaweicloud_obs_bucket.lake.bucket_domain_name}/"
}
