# A stream that exists. Source: DIS API reference, Querying Stream Details.

data "huaweicloud_dis_stream" {
  provider = "huaweicloud"
  version  = 0
  summary  = "A stream of the Data Ingestion Service that exists, found by its name."

  attribute "id" {
    type = string
    mode = "computed"
    doc  = "The name of the stream."
  }

  attribute "region" {
    type = string
    mode = "optional_computed"
    doc  = "The region of the stream; that of the provider where it is not set."
  }

  attribute "stream_name" {
    type        = string
    mode        = "required"
    also_called = ["name", "StreamName"]
    length      = [1, 64]
    doc         = "Name of the stream."
    source      = "DIS API reference, Creating a Stream: stream_name"
  }

  attribute "stream_id" {
    type = string
    mode = "computed"
    doc  = "Id that the service gives the stream."
  }

  attribute "status" {
    type = string
    mode = "computed"
    doc  = "`CREATING`, `RUNNING`, `TERMINATING`, `TERMINATED` or `FROZEN`."
  }

  attribute "stream_type" {
    type = string
    mode = "computed"
    doc  = "`COMMON` or `ADVANCED`."
  }

  attribute "retention_period" {
    type = number
    mode = "computed"
    doc  = "For how many hours records are kept."
  }

  attribute "data_type" {
    type = string
    mode = "computed"
    doc  = "Type of the records."
  }

  attribute "data_schema" {
    type     = string
    mode     = "computed"
    equality = "json"
    doc      = "The fields of JSON or CSV records as an Avro schema in JSON."
  }

  attribute "csv_delimiter" {
    type = string
    mode = "computed"
    doc  = "What stands between the fields of CSV records."
  }

  attribute "compression_format" {
    type = string
    mode = "computed"
    doc  = "How records are compressed."
  }

  attribute "partition_count" {
    type = number
    mode = "computed"
    doc  = "Partitions that take records in."
  }

  attribute "readable_partition_count" {
    type = number
    mode = "computed"
    doc  = "Partitions that records can be read from."
  }

  attribute "auto_scale_min_partition_count" {
    type = number
    mode = "computed"
    doc  = "Least number of partitions of automatic scaling; null where it is off."
  }

  attribute "auto_scale_max_partition_count" {
    type = number
    mode = "computed"
    doc  = "Greatest number of partitions of automatic scaling; null where it is off."
  }

  attribute "enterprise_project_id" {
    type = string
    mode = "computed"
    doc  = "The enterprise project of the stream."
  }

  attribute "tags" {
    type = map(string)
    mode = "computed"
    doc  = "Tags of the stream."
  }

  attribute "created" {
    type = number
    mode = "computed"
    doc  = "When the stream was made, in milliseconds since 1970."
  }

  api "dis" {
    reads = { ShowStream = "dis:streams:get" }
  }
}
