# The schema of schemas: what a file in this folder may hold. Each `shape` is one kind of block. An attribute of type
# `any` takes an expression: a type, a constant of the attribute's own type, or an expression of the language that is
# evaluated later, on an object. This file obeys itself.

shape "file" {
  block "resource" {
    nesting = "list"
    shape   = "type"
    labels  = 1
    doc     = "A resource type. A file holds exactly one of resource, data and provider."
  }
  block "data" {
    nesting = "list"
    shape   = "type"
    labels  = 1
    doc     = "A data source."
  }
  block "provider" {
    nesting = "list"
    shape   = "type"
    labels  = 1
    doc     = "A provider block."
  }
  block "shape" {
    nesting = "list"
    shape   = "shape"
    labels  = 1
    doc     = "A shape; only in this file."
  }
}

shape "type" {
  attribute "provider" {
    type = string
    doc  = "Provider the type belongs to; a provider block has none."
  }
  attribute "version" {
    type = number
    doc  = "Version of the object's shape in the state, from 0."
  }
  attribute "summary" {
    type = string
    mode = "required"
    doc  = "One sentence."
  }
  attribute "docs" {
    type = string
    doc  = "More for the reference page, in Markdown."
  }
  attribute "identity" {
    type = list(string)
    doc  = "Attributes that together name the object in the cloud."
  }
  attribute "import_id" {
    type = list(string)
    doc  = "Attributes that an import id is made of, joined by colons."
  }
  attribute "local" {
    type = bool
    doc  = "Whether nothing happens outside of the state."
  }
  attribute "on_change" {
    type    = string
    allowed = ["update", "replace", "local"]
    doc     = "What a change asks for where an attribute does not say."
    source  = "src/schema/model.rs, OnChange"
  }
  attribute "policy_version" {
    type = string
    doc  = "Version of the policy language in which permissions are given; only of a provider."
  }
  attribute "replace_when" {
    type = any
    doc  = "True of self (planned) and prior where the API can't change such an object: every change that asks for a call then replaces it."
  }
  attribute "also_called" {
    type = list(string)
    doc  = "Names of the type in other providers."
  }
  attribute "unmanaged" {
    type = map(string)
    doc  = "Arguments and blocks of the vendor's Terraform provider that headworks does not manage, each with what to do instead."
  }
  attribute "deprecated" {
    type = string
    doc  = "Why the type should not be used any more."
  }
  block "timeouts" {
    nesting = "single"
    shape   = "timeouts"
    doc     = "Default waiting times."
  }
  block "health" {
    nesting = "single"
    shape   = "health"
    doc     = "How to tell whether a created object works."
  }
  block "api" {
    nesting = "list"
    shape   = "api"
    labels  = 1
    doc     = "Calls that are made of one service."
  }
  block "effect" {
    nesting = "list"
    shape   = "effect"
    labels  = 1
    doc     = "What a change does to the data."
  }
  block "attribute" {
    nesting = "list"
    shape   = "attribute"
    labels  = 1
    doc     = "An attribute."
  }
  block "block" {
    nesting = "list"
    shape   = "block"
    labels  = 1
    doc     = "A nested block."
  }
  block "rule" {
    nesting = "list"
    shape   = "rule"
    labels  = 1
    doc     = "What the object must keep."
  }
}

shape "attribute" {
  attribute "type" {
    type = any
    mode = "required"
    doc  = "string, number, bool, any, or list, set or map of one."
  }
  attribute "mode" {
    type    = string
    allowed = ["required", "optional", "computed", "optional_computed"]
    doc     = "Who sets it; optional where not said."
    source  = "src/schema/model.rs, Mode"
  }
  attribute "default" {
    type = any
    doc  = "Value where the user sets none."
  }
  attribute "allowed" {
    type = any
    doc  = "The only values allowed."
  }
  attribute "value_aliases" {
    type = map(string)
    doc  = "Spellings of other vocabularies, each with the allowed value it means."
  }
  attribute "also_called" {
    type = list(string)
    doc  = "Names in other vocabularies; case and underscores do not count."
  }
  attribute "length" {
    type = any
    doc  = "[least, greatest] characters or elements; null for no bound."
  }
  attribute "range" {
    type = any
    doc  = "[least, greatest]; null for no bound."
  }
  attribute "on_change" {
    type    = string
    allowed = ["update", "replace", "local"]
    doc     = "What a change asks for."
    source  = "src/schema/model.rs, OnChange"
  }
  attribute "secret" {
    type = bool
    doc  = "Never stored or shown."
  }
  attribute "volatile" {
    type = bool
    doc  = "A status that changes by itself."
  }
  attribute "stable" {
    type = bool
    doc  = "A computed attribute that an update does not change."
  }
  attribute "unread" {
    type = string
    doc  = "Why the cloud does not say what the value is, as part of a sentence; the attribute is then reported as not compared."
  }
  attribute "follows" {
    type = string
    doc  = "The attribute whose value a computed attribute takes when the object is made or changed."
  }
  attribute "predict" {
    type = any
    doc  = "The value of a computed attribute as it follows from others; sees self (planned), prior, which is null when there was no object before, and provider (its settings). Null means known after apply."
  }
  attribute "equality" {
    type    = string
    allowed = ["exact", "json", "case_insensitive"]
    doc     = "When two values mean the same."
    source  = "src/schema/model.rs, Equality"
  }
  attribute "env" {
    type = list(string)
    doc  = "Environment variables read where the user sets none."
  }
  attribute "help" {
    type = string
    doc  = "Said with every error about the value."
  }
  attribute "doc" {
    type = string
    mode = "required"
    doc  = "For the reference page."
  }
  attribute "source" {
    type = string
    doc  = "Where the facts come from; every constraint needs one."
  }
  attribute "deprecated" {
    type = string
    doc  = "Why it should not be used any more."
  }
  block "pattern" {
    nesting = "single"
    shape   = "pattern"
    doc     = "The form of the text."
  }
}

shape "pattern" {
  attribute "regex" {
    type = string
    mode = "required"
    doc  = "A regular expression that the whole text must match."
  }
  attribute "meaning" {
    type = string
    mode = "required"
    doc  = "The same in words, to follow \"must be\"."
  }
}

shape "block" {
  attribute "nesting" {
    type    = string
    mode    = "required"
    allowed = ["single", "list", "set"]
    doc     = "Form of the value."
    source  = "src/schema/model.rs, Nesting"
  }
  attribute "min" {
    type = number
    doc  = "Least number of blocks."
  }
  attribute "max" {
    type = number
    doc  = "Greatest number of blocks."
  }
  attribute "on_change" {
    type    = string
    allowed = ["update", "replace", "local"]
    doc     = "What a change inside asks for."
    source  = "src/schema/model.rs, OnChange"
  }
  attribute "computed" {
    type = bool
    doc  = "Where the user writes no block, the cloud's value is kept."
  }
  attribute "also_called" {
    type = list(string)
    doc  = "Names in other vocabularies."
  }
  attribute "doc" {
    type = string
    mode = "required"
    doc  = "For the reference page."
  }
  attribute "deprecated" {
    type = string
    doc  = "Why it should not be used any more."
  }
  attribute "shape" {
    type = string
    doc  = "Only in this file: the shape of the block."
  }
  attribute "labels" {
    type = number
    doc  = "Only in this file: how many labels the block has."
  }
  block "attribute" {
    nesting = "list"
    shape   = "attribute"
    labels  = 1
    doc     = "An attribute."
  }
  block "block" {
    nesting = "list"
    shape   = "block"
    labels  = 1
    doc     = "A nested block."
  }
  block "rule" {
    nesting = "list"
    shape   = "rule"
    labels  = 1
    doc     = "What each of the blocks must keep."
  }
}

shape "shape" {
  block "attribute" {
    nesting = "list"
    shape   = "attribute"
    labels  = 1
    doc     = "An attribute of the shape."
  }
  block "block" {
    nesting = "list"
    shape   = "block"
    labels  = 1
    doc     = "A nested block of the shape."
  }
}

shape "rule" {
  attribute "condition" {
    type = any
    mode = "required"
    doc  = "Must be true of `self` (the object with defaults), `config` (as written) and `provider` (the provider's settings); skipped while it is known only after apply."
  }
  attribute "message" {
    type = any
    mode = "required"
    doc  = "What is wrong; may use `found`."
  }
  attribute "help" {
    type = any
    doc  = "What to do; may use `found`."
  }
  attribute "attribute" {
    type = string
    doc  = "The attribute or block that the message points at."
  }
  attribute "highlight" {
    type = any
    doc  = "The text inside the attribute that the message points at; it becomes `found`."
  }
  attribute "severity" {
    type    = string
    allowed = ["error", "warning"]
    doc     = "How bad it is; error where not said."
    source  = "src/schema/model.rs, Rule"
  }
  attribute "source" {
    type = string
    mode = "required"
    doc  = "Where the rule comes from."
  }
}

shape "effect" {
  attribute "on" {
    type = list(string)
    mode = "required"
    doc  = "create, update, replace or delete."
  }
  attribute "when" {
    type = any
    doc  = "Further condition on `self` and `prior`."
  }
  attribute "text" {
    type = any
    mode = "required"
    doc  = "What happens to the data."
  }
  attribute "fix" {
    type = any
    doc  = "What to do about it."
  }
  attribute "severity" {
    type    = string
    allowed = ["warning", "note"]
    doc     = "Whether data is lost, doubled or delivered again; warning where not said."
    source  = "src/schema/model.rs, DataEffect"
  }
}

shape "timeouts" {
  attribute "create" {
    type = string
    doc  = "For create, until healthy."
  }
  attribute "update" {
    type = string
    doc  = "For update."
  }
  attribute "delete" {
    type = string
    doc  = "For delete, until gone."
  }
}

shape "health" {
  attribute "phase" {
    type = string
    mode = "required"
    doc  = "The attribute that holds the phase."
  }
  attribute "pending" {
    type = list(string)
    doc  = "Phases in which the object is still being made."
  }
  attribute "error" {
    type = string
    doc  = "The attribute that holds an error code."
  }
  attribute "error_ok" {
    type = list(string)
    doc  = "Error codes that mean no error."
  }
  attribute "detail" {
    type = string
    doc  = "The attribute with the cloud's own words about an error."
  }
  block "cause" {
    nesting = "list"
    shape   = "cause"
    labels  = 1
    doc     = "An error code."
  }
}

shape "cause" {
  attribute "meaning" {
    type = string
    mode = "required"
    doc  = "What the code means."
  }
  attribute "help" {
    type = string
    mode = "required"
    doc  = "How to mend it."
  }
}

shape "api" {
  attribute "reads" {
    type = any
    doc  = "Operations that change nothing, or an object from each to its permission."
  }
  attribute "writes" {
    type = any
    doc  = "Operations that change something, or an object from each to its permission."
  }
}
