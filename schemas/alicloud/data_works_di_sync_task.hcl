# A data-integration task of DataWorks: rows of one data source, copied into another.
# Sources: DataWorks API reference 2020-05-18 (CreateDISyncTask, UpdateDISyncTask, GetDISyncTask, DeleteDISyncTask,
# ListFiles, GetFile, GetFolder, UpdateFile, DeleteFile, GetDeployment); DataWorks documentation, Configure a batch
# synchronization task in the code editor; alibaba/DataX.

resource "alicloud_data_works_di_sync_task" {
  provider  = "alicloud"
  version   = 0
  summary   = "A data-integration task of DataWorks: batch, real-time, or a whole solution."
  identity  = ["project_id", "task_name"]
  import_id = ["project_id", "file_id"]

  # UpdateDISyncTask takes DI_OFFLINE alone.
  replace_when = prior.task_type != "DI_OFFLINE"

  docs = <<-EOT
    A task is a file of Data Studio: it has a name, a folder, a content and versions. `task_content` is the JSON document
    of the code editor, written as an object, with `jsonencode`, or as text. It is compared by what it says: order of keys,
    white space, and whether it is text or an object do not count, and keys that DataWorks adds by itself are no difference.
    A variable of DataWorks is written with two dollar signs, `$$${bizdate}`, because `$${ }` belongs to this language.

    **A new task is a draft.** It runs when somebody commits and deploys it in Data Studio, where its schedule is set too; a
    change of a committed task is a draft again. `commit_status` tells. A task in the recycle bin counts as gone: it is not
    scheduled any more, and the next plan makes it again.

    What the API can do depends on `task_type`:

    | | `DI_OFFLINE` | `DI_REALTIME` | `DI_SOLUTION` |
    |---|---|---|---|
    | content can be changed | yes | no, replaced | no, replaced |
    | name and folder can be changed | yes | no, replaced | no, replaced |
    | can be deleted | yes | yes, when it does not run | no |
    | can be found by name | yes | yes | no |

    The workflow in `file_folder_path` must exist. These calls are for workspaces that do not use the new Data Studio.
    An import takes `<project_id>:<file_id>`, or `<project_id>:<task_name>` for a batch task.
  EOT

  timeouts {
    create = "5m"
    update = "5m"
    delete = "10m"
  }

  attribute "id" {
    type   = string
    mode   = "computed"
    stable = true
    doc    = "`<project_id>:<file_id>`."
  }

  attribute "project_id" {
    type        = string
    mode        = "required"
    on_change   = "replace"
    also_called = ["ProjectId", "workspace_id"]
    pattern {
      regex   = "[0-9]+"
      meaning = "the digits of a workspace id"
    }
    help   = "the id stands on the workspace's page in the console; its name is something else"
    doc    = "Id of the workspace."
    source = "DataWorks API reference, CreateDISyncTask: ProjectId is an integer"
  }

  attribute "task_type" {
    type      = string
    mode      = "required"
    on_change = "replace"
    allowed   = ["DI_OFFLINE", "DI_REALTIME", "DI_SOLUTION"]
    value_aliases = {
      OFFLINE  = "DI_OFFLINE"
      BATCH    = "DI_OFFLINE"
      REALTIME = "DI_REALTIME"
      SOLUTION = "DI_SOLUTION"
    }
    also_called = ["TaskType", "type"]
    doc         = "`DI_OFFLINE` copies in batches, `DI_REALTIME` follows changes, `DI_SOLUTION` is several tasks that belong together."
    source      = "DataWorks API reference, CreateDISyncTask: TaskType"
  }

  attribute "task_name" {
    type        = string
    mode        = "required"
    also_called = ["TaskName", "name", "file_name"]
    length      = [1, null]
    doc         = "Name of the task, unique in the workspace."
    source      = "DataWorks API reference, CreateDISyncTask: Invalid.DI.Parameter.File.Existed"
  }

  attribute "task_content" {
    type        = any
    mode        = "required"
    equality    = "json"
    also_called = ["TaskContent", "content", "code"]
    doc         = "What the task does: a JSON document, as an object or as text."
  }

  block "task_param" {
    nesting     = "single"
    also_called = ["TaskParam"]
    doc         = "Where the task is kept and where it runs."

    attribute "file_folder_path" {
      type        = string
      mode        = "optional"
      also_called = ["FileFolderPath", "folder_path", "path"]
      doc         = "Folder of the task, `Business Flow/<workflow>/Data Integration` in an English workspace and `业务流程/<workflow>/数据集成` in a Chinese one. A solution has none."
    }

    attribute "resource_group" {
      type        = string
      mode        = "optional"
      also_called = ["ResourceGroup", "resource_group_identifier"]
      unread      = "DataWorks returns the group that schedules a task, but not the one that runs it"
      doc         = "Identifier of the resource group that runs the task, as the data source `alicloud_data_works_resource_groups` lists it."
    }

    attribute "cu" {
      type        = number
      mode        = "optional"
      also_called = ["Cu"]
      unread      = "no call of DataWorks returns it"
      doc         = "Compute units of a serverless resource group, in steps of 0.5."
    }

    rule "cu_in_halves" {
      attribute = "cu"
      condition = self.cu == null ? true : self.cu > 0 && floor(self.cu * 2) == self.cu * 2
      message   = "cu must be a multiple of 0.5"
      source    = "DataWorks API reference, CreateDISyncTask: TaskParam, Cu"
    }

    rule "folder_of_a_workflow" {
      attribute = "file_folder_path"
      severity  = "warning"
      condition = self.file_folder_path == null ? true : length(regexall("^(?:Business Flow/[^/]+/(?:Data Integration|folderDi)(?:/.+)?|业务流程/[^/]+/(?:数据集成|folderDi)(?:/.+)?)$", self.file_folder_path)) > 0
      message   = "file_folder_path is not the data-integration folder of a workflow"
      help      = "write Business Flow/<workflow>/Data Integration, or 业务流程/<workflow>/数据集成 where the workspace is in Chinese; any other path is refused as an invalid path"
      source    = "DataWorks API reference, CreateDISyncTask: TaskParam, FileFolderPath"
    }

    rule "resource_group_identifier" {
      attribute = "resource_group"
      severity  = "warning"
      condition = self.resource_group == null ? true : length(regexall("^(?:[A-Za-z]+_)?(?:res_)?group_[A-Za-z0-9_-]+$", self.resource_group)) > 0
      message   = "resource_group looks like a name for people"
      help      = "tasks name a group by its identifier, such as S_res_group_1234_5678; the data source alicloud_data_works_resource_groups lists them"
      source    = "DataWorks API reference, ListResourceGroups: Identifier; CreateDISyncTask: TaskParam, ResourceGroup"
    }
  }

  attribute "file_id" {
    type   = string
    mode   = "computed"
    stable = true
    doc    = "Id of the task and of its file; a task keeps it when it is renamed or moved."
  }

  # What the service says of a task; refreshed, never a difference.

  attribute "commit_status" {
    type     = string
    mode     = "computed"
    volatile = true
    doc      = "`DRAFT` while the latest content is not committed, so that the schedule does not know it, else `COMMITTED`. A solution has none."
    source   = "DataWorks API reference, GetFile: CommitStatus"
  }

  attribute "current_version" {
    type     = number
    mode     = "computed"
    volatile = true
    doc      = "Number of the latest version of the file."
    source   = "DataWorks API reference, GetFile: CurrentVersion"
  }

  attribute "run_status" {
    type     = string
    mode     = "computed"
    volatile = true
    doc      = "State of a real-time task (`NORUN`, `RUN`, `PAUSE`, `WAIT`, `KILLING`) or of a solution; a batch task has none."
    source   = "DataWorks API reference, GetDISyncInstanceInfo: Status"
  }

  api "dataworks" {
    reads  = ["GetFile", "GetFolder", "ListFiles", "GetDeployment", "GetDISyncTask", "GetDISyncInstanceInfo"]
    writes = ["CreateDISyncTask", "UpdateDISyncTask", "UpdateFile", "DeleteFile", "DeleteDISyncTask"]
  }

  # What the type of the task asks for.

  rule "folder_of_a_file" {
    attribute = "task_param"
    condition = self.task_type == "DI_SOLUTION" ? true : try(self.task_param.file_folder_path, null) != null
    message   = "a task needs a folder"
    help      = "set file_folder_path = \"Business Flow/<workflow>/Data Integration\""
    source    = "DataWorks API reference, CreateDISyncTask: TaskParam, FileFolderPath"
  }

  rule "content_is_generated" {
    attribute = "task_content"
    severity  = "warning"
    condition = !contains(["DI_REALTIME", "DI_SOLUTION"], self.task_type)
    message   = "the content of a ${self.task_type == "DI_REALTIME" ? "real-time task" : "solution"} is made by DataWorks, not by hand"
    help      = "call GenerateDISyncTaskConfigForCreating, then QueryDISyncTaskConfigProcessResult, and use what it returns"
    source    = "DataWorks API reference, GenerateDISyncTaskConfigForCreating"
  }

  rule "solution_stays" {
    attribute = "task_type"
    severity  = "warning"
    condition = self.task_type != "DI_SOLUTION"
    message   = "the API can make a solution, but can neither change nor delete it"
    help      = "delete it in the DataWorks console when the time comes, and take it out of the state with `headworks state rm`"
    source    = "DataWorks API reference, DeleteDISyncTask and UpdateDISyncTask: TaskType"
  }

  # The content of a batch task.

  rule "content_is_an_object" {
    attribute = "task_content"
    condition = (
      can(tostring(self.task_content)) && !can(jsondecode(self.task_content)) ? true :
      can(keys(try(jsondecode(self.task_content), self.task_content)))
    )
    message   = "task_content is not a JSON object"
    help      = "write an object, { type = \"job\" … }, or the text of one"
    source    = "DataWorks API reference, CreateDISyncTask: TaskContent"
  }

  rule "content_type" {
    attribute = "task_content"
    condition = (
      self.task_type != "DI_OFFLINE" || !can(keys(try(jsondecode(self.task_content), self.task_content))) ? true :
      try(try(jsondecode(self.task_content), self.task_content).type == "job", false)
    )
    highlight = try(try(jsondecode(self.task_content), self.task_content).type, "")
    message   = "the content of a batch task has type = \"job\""
    source    = "DataWorks documentation, Configure a batch synchronization task in the code editor"
  }

  rule "content_version" {
    attribute = "task_content"
    condition = (
      self.task_type != "DI_OFFLINE" || !can(keys(try(jsondecode(self.task_content), self.task_content))) ? true :
      try(try(jsondecode(self.task_content), self.task_content).version == "2.0", false)
    )
    highlight = try(tostring(try(jsondecode(self.task_content), self.task_content).version), "")
    message   = "the content of a batch task has version = \"2.0\""
    source    = "DataWorks documentation, Configure a batch synchronization task in the code editor"
  }

  rule "one_reader_one_writer" {
    attribute = "task_content"
    condition = (
      self.task_type != "DI_OFFLINE" || !can(keys(try(jsondecode(self.task_content), self.task_content))) ? true :
      try(alltrue([
        for category in ["reader", "writer"] :
        length([for s in try(jsondecode(self.task_content), self.task_content).steps : s if try(s.category, "") == category]) == 1
      ]), false)
    )
    message = "the content of a batch task has one step of category reader and one of category writer"
    source  = "DataWorks documentation, Configure a batch synchronization task in the code editor"
  }

  rule "column_counts" {
    attribute = "task_content"
    condition = self.task_type != "DI_OFFLINE" ? true : try(
      length(distinct([
        for s in try(jsondecode(self.task_content), self.task_content).steps : length(s.parameter.column)
        if contains(["reader", "writer"], s.category)
      ])) <= 1 || anytrue([
        for s in try(jsondecode(self.task_content), self.task_content).steps : try(contains(s.parameter.column, "*"), false)
      ]),
      true,
    )
    message = "the reader and the writer have different numbers of columns: ${try(join(" and ", [
      for s in try(jsondecode(self.task_content), self.task_content).steps : tostring(length(s.parameter.column))
      if contains(["reader", "writer"], s.category)
    ]), "")}"
    help   = "columns are matched by their place: the first of the reader goes into the first of the writer"
    source = "DataWorks documentation, Field mappings of a batch synchronization task; alibaba/DataX, Engine: columns by index"
  }

  rule "column_order" {
    attribute = "task_content"
    severity  = "warning"
    condition = self.task_type != "DI_OFFLINE" ? true : try(
      length(distinct([
        for s in try(jsondecode(self.task_content), self.task_content).steps :
        [for c in s.parameter.column : c if alltrue([for t in try(jsondecode(self.task_content), self.task_content).steps : contains(t.parameter.column, c)])]
        if contains(["reader", "writer"], s.category)
      ])) <= 1,
      true,
    )
    message = "columns of one name stand at different places in the reader and in the writer"
    help    = "columns are matched by their place and not by their name; bring both lists into one order"
    source  = "alibaba/DataX, Engine: columns by index"
  }

  rule "hops_name_steps" {
    attribute = "task_content"
    condition = self.task_type != "DI_OFFLINE" ? true : try(alltrue([
      for name in flatten([for h in try(jsondecode(self.task_content), self.task_content).order.hops : [h.from, h.to]]) :
      contains([for s in try(jsondecode(self.task_content), self.task_content).steps : s.name], name)
    ]), true)
    highlight = try([
      for name in flatten([for h in try(jsondecode(self.task_content), self.task_content).order.hops : [h.from, h.to]]) : name
      if !contains([for s in try(jsondecode(self.task_content), self.task_content).steps : s.name], name)
    ][0], "")
    message = "order.hops names the step `${found}`, which does not exist"
    help    = "from and to are names of steps: ${try(join(", ", [for s in try(jsondecode(self.task_content), self.task_content).steps : s.name]), "")}"
    source  = "DataWorks API reference, CreateDISyncTask: sample TaskContent"
  }

  rule "connection_datasource" {
    attribute = "task_content"
    severity  = "warning"
    condition = self.task_type != "DI_OFFLINE" ? true : try(alltrue([
      for s in try(jsondecode(self.task_content), self.task_content).steps :
      try(length(s.parameter.connection) > 0 && s.parameter.datasource != "", false)
      ? contains([for c in s.parameter.connection : try(c.datasource, s.parameter.datasource)], s.parameter.datasource) : true
    ]), true)
    highlight = try([
      for s in try(jsondecode(self.task_content), self.task_content).steps : s.parameter.datasource
      if try(!contains([for c in s.parameter.connection : try(c.datasource, s.parameter.datasource)], s.parameter.datasource), false)
    ][0], "")
    message = "a step names the data source `${found}`, but its connections name another"
    help    = "write the same datasource in parameter and in parameter.connection"
    source  = "DataWorks API reference, CreateDISyncTask: sample TaskContent (our inference)"
  }

  rule "dirty_records_are_limited" {
    attribute = "task_content"
    severity  = "warning"
    condition = (
      self.task_type != "DI_OFFLINE" || !can(keys(try(jsondecode(self.task_content), self.task_content))) ? true :
      try(length(tostring(try(jsondecode(self.task_content), self.task_content).setting.errorLimit.record)) > 0, false)
    )
    message = "setting.errorLimit.record is not set, so any number of rows that can't be written is passed over"
    help    = "set it to 0 to stop at the first such row, or to the number that is allowed"
    source  = "alibaba/DataX, ErrorRecordChecker: no limit, no check"
  }

  rule "parallel_reading_needs_split_pk" {
    attribute = "task_content"
    severity  = "warning"
    condition = self.task_type != "DI_OFFLINE" ? true : try(
      try(jsondecode(self.task_content), self.task_content).setting.speed.concurrent <= 1 || alltrue([
        for s in try(jsondecode(self.task_content), self.task_content).steps :
        try(s.category == "reader" && contains(["mysql", "sqlserver", "postgresql", "oracle", "drds", "polardb", "db2", "oceanbase"], s.stepType), false)
        ? try(length(s.parameter.splitPk) > 0, false) : true
      ]),
      true,
    )
    message = "setting.speed.concurrent has no effect, as the reader has no splitPk"
    help    = "set splitPk to a column of integers by which the table is cut, best the primary key"
    source  = "DataWorks documentation, FAQ about batch synchronization: splitPk"
  }

  rule "throttle_has_a_rate" {
    attribute = "task_content"
    severity  = "warning"
    condition = (
      self.task_type != "DI_OFFLINE" ? true :
      !try(try(jsondecode(self.task_content), self.task_content).setting.speed.throttle == true, false) ? true :
      try(length(tostring(try(jsondecode(self.task_content), self.task_content).setting.speed.mbps)) > 0, false)
    )
    message = "setting.speed.throttle is true, but no rate is given"
    help    = "set setting.speed.mbps, or throttle = false"
    source  = "DataWorks documentation, Configure a batch synchronization task in the code editor: speed (our inference)"
  }

  rule "variables_of_the_schedule" {
    attribute = "task_content"
    severity  = "warning"
    condition = try(alltrue([
      for v in flatten(regexall("\\$\\{([A-Za-z_][A-Za-z0-9_]*)\\}", jsonencode(try(jsondecode(self.task_content), self.task_content)))) : v == "bizdate"
    ]), true)
    highlight = try("$${${[
      for v in flatten(regexall("\\$\\{([A-Za-z_][A-Za-z0-9_]*)\\}", jsonencode(try(jsondecode(self.task_content), self.task_content)))) : v
      if v != "bizdate"
    ][0]}}", "")
    message = "`${found}` is a parameter of the schedule, which the calls on sync tasks can't set"
    help    = "give it a value in the schedule settings of the task, in Data Studio, or use the day of the run, `$$${bizdate}`"
    source  = "DataWorks API reference, CreateDISyncTask: scheduling properties are not set by this operation"
  }

  rule "no_keys_in_content" {
    attribute = "task_content"
    condition = try(length(concat(
      regexall("LTAI[A-Za-z0-9]{12,30}", jsonencode(try(jsondecode(self.task_content), self.task_content))),
      regexall("(?i)\"(?:access_?key_?secret|access_?key|secret_?key|password)\":\"[^\"$*]", jsonencode(try(jsondecode(self.task_content), self.task_content))),
    )) == 0, true)
    message = "task_content holds an access key or a password in clear text"
    help    = "make a data source in DataWorks, which keeps the credentials, and name it in datasource; a key that stood in a file should be taken out of use"
    source  = "DataWorks documentation, Data sources; Alibaba Cloud documentation, AccessKey pairs: ids begin with LTAI"
  }

  # What happens to the data.

  effect "is_a_draft" {
    on       = ["create"]
    severity = "note"
    when     = self.task_type == "DI_OFFLINE"
    text     = "The new task is a draft: it delivers nothing until it is committed, deployed and scheduled in Data Studio."
  }

  effect "is_not_started" {
    on       = ["create"]
    severity = "note"
    when     = self.task_type != "DI_OFFLINE"
    text     = "The new task delivers nothing until it is deployed and started in DataWorks."
  }

  effect "next_version" {
    on       = ["update"]
    severity = "note"
    text     = "The schedule goes on with the version that was deployed last. The change counts for runs after it is committed and deployed again; what was delivered stays as it is."
  }

  effect "replaced" {
    on   = ["replace"]
    text = "The task is deleted and made again under a new id: its runs stop, and its schedule, dependencies and versions are gone. What was delivered stays."
    fix  = "Set the schedule of the new task, then commit and deploy it."
  }

  effect "delivery_stops" {
    on   = ["delete"]
    when = prior.task_type != "DI_SOLUTION"
    text = "The task is taken out of the schedule and deleted with its versions. It delivers nothing more; what was delivered stays."
  }

  effect "changes_missed" {
    on   = ["replace"]
    when = prior.task_type == "DI_REALTIME"
    text = "Changes of the source are not followed from the deletion of the old task until the new one is started."
    fix  = "Start the new task from the time at which the old one stopped."
  }

  effect "solution_not_deleted" {
    on   = ["replace", "delete"]
    when = prior.task_type == "DI_SOLUTION"
    text = "The API can't delete a solution: this step will fail."
    fix  = "Delete the solution in the DataWorks console, and take it out of the state with `headworks state rm`."
  }
}
