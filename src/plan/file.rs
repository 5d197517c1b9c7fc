//! The saved plan: one JSON document with a digest over all of it. It holds the steps, the configuration they were made
//! from and the state they are for; it holds no secret. Reads and writes text only; files are the caller's.

use super::checks;
use super::model::*;
use crate::base::exact::Withheld;
use crate::base::{AttrPath, InstanceAddr, PathStep, ResourceAddr, Str, Value, exact};
use crate::config::ProviderKey;
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Version of the form of plan files; a file of another version is refused.
pub const FORMAT: u64 = 1;

/// A plan with all that applying it needs.
#[derive(Debug)]
pub struct SavedPlan {
    /// The plan.
    pub plan: Plan,
    /// The version of headworks that made it.
    pub tool_version: String,
    /// When it was made, RFC 3339.
    pub created_at: String,
    /// Lineage of the state it was made from; absent when there was no state.
    pub lineage: Option<String>,
    /// Serial of the state it was made from.
    pub serial: u64,
    /// Whether it was made against the embedded cloud.
    pub sim: bool,
    /// The configuration files: name and text.
    pub sources: Vec<(String, String)>,
    /// Variables whose values were withheld and must be given again.
    pub withheld: Vec<Str>,
    /// Of these, the ones that did not have their default.
    pub given: Vec<Str>,
}

/// Why a plan file can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanFileError {
    /// Not a plan file at all.
    #[error("it is not a saved plan: {0}")]
    NotAPlan(String),
    /// A plan of another form.
    #[error("it has plan format {found}, this program reads format {FORMAT}")]
    Format {
        /// Its format.
        found: u64,
    },
    /// Its contents are not what was written.
    #[error("its digest does not fit its contents: it was changed or cut off after it was written")]
    Digest,
    /// A part makes no sense.
    #[error("{0}")]
    Part(String),
}

/// The text of a plan file without a seal, and its digest.
pub fn encode(saved: &SavedPlan) -> (String, String) {
    let (body, digest) = body(saved);
    (json!({ "headworks_plan": body, "sha256": digest }).to_string(), digest)
}

/// The text of a plan file, and its digest. `seal` makes of the digest what only a holder of the state's key can make: who
/// changes the file can make the digest anew, but not the seal.
pub fn encode_sealed(saved: &SavedPlan, seal: &dyn Fn(&str) -> String) -> (String, String) {
    let (body, digest) = body(saved);
    let text = json!({ "headworks_plan": body, "sha256": digest, "seal": seal(&digest) }).to_string();
    (text, digest)
}

fn body(saved: &SavedPlan) -> (Json, String) {
    let plan = &saved.plan;
    let w = &Withheld::default();
    let body = json!({
        "format": FORMAT,
        "tool_version": saved.tool_version,
        "created_at": saved.created_at,
        "lineage": saved.lineage,
        "serial": saved.serial,
        "sim": saved.sim,
        "sources": saved.sources.iter().map(|(name, text)| json!({"name": name, "text": text})).collect::<Vec<_>>(),
        "mode": mode_name(plan.mode),
        "targeted": plan.targeted,
        "checks": checks::encode(&plan.checks),
        "variables": values(&plan.variables, w),
        "given": values(&plan.given, w),
        "withheld": saved.withheld.iter().map(|n| n.to_string()).collect::<Vec<_>>(),
        "given_ephemeral": saved.given.iter().map(|n| n.to_string()).collect::<Vec<_>>(),
        "changes": plan.changes.iter().map(|c| change(c, w)).collect::<Vec<_>>(),
        "outputs": plan.outputs.iter().map(|o| output(o, w)).collect::<Vec<_>>(),
        "kept_outputs": values(&plan.kept_outputs, w),
        "kept_objects": plan.kept_objects.iter().map(|p| object(p, w)).collect::<Vec<_>>(),
        "read": plan.read.iter().map(|(a, v)| (a.to_string(), exact::encode(v, w))).collect::<Map<_, _>>(),
        "drift": plan.drift.iter().map(|d| drift(d, w)).collect::<Vec<_>>(),
        "problems": plan.problems.iter().map(problem).collect::<Vec<_>>(),
        "not_compared": plan.not_compared.iter()
            .map(|n| json!({"addr": n.addr.to_string(), "cause": n.cause})).collect::<Vec<_>>(),
        "unread": plan.unread.iter()
            .map(|u| json!({"addr": u.addr.to_string(), "path": path(&u.path), "why": u.why})).collect::<Vec<_>>(),
        "moves": plan.moves.iter().map(|(to, from)| json!({"to": to.to_string(), "from": from.to_string()})).collect::<Vec<_>>(),
        "imports": plan.imports.iter()
            .map(|(to, i)| json!({"to": to.to_string(), "id": i.id, "config": i.config})).collect::<Vec<_>>(),
        "steps": plan.steps.steps.iter().map(step).collect::<Vec<_>>(),
    });
    let digest = digest(&body);
    (body, digest)
}

fn digest(body: &Json) -> String {
    let mut out = String::new();
    for byte in Sha256::digest(body.to_string().as_bytes()) {
        let _ = write!(out, "{byte:02x}");
    }
    out
}

fn values(values: &BTreeMap<Str, Value>, w: &Withheld) -> Json {
    let entry = |(k, v): (&Str, &Value)| (k.to_string(), exact::encode(v, w));
    Json::Object(values.iter().map(entry).collect())
}

fn optional(value: &Option<Value>, w: &Withheld) -> Json {
    value.as_ref().map_or(Json::Null, |v| exact::encode(v, w))
}

fn path(path: &AttrPath) -> Json {
    let steps = path.0.iter().map(|step| match step {
        PathStep::Attr(name) => json!({ "attr": &**name }),
        PathStep::Index(i) => json!({ "index": i }),
        PathStep::Key(k) => json!({ "key": &**k }),
    });
    Json::Array(steps.collect())
}

fn change(c: &Change, w: &Withheld) -> Json {
    json!({
        "addr": c.addr.to_string(),
        "deposed": c.deposed.as_deref(),
        "provider": c.provider.to_string(),
        "action": action_name(c.action),
        "reason": c.reason.map(ActionReason::name),
        "prior": optional(&c.prior, w),
        "planned": optional(&c.planned, w),
        "replace_paths": c.replace_paths.iter().map(path).collect::<Vec<_>>(),
        "causes": c.causes.iter()
            .map(|c| json!({"path": path(&c.path), "replaces": c.replaces, "place": c.place})).collect::<Vec<_>>(),
        "effects": c.effects.iter()
            .map(|e| json!({"name": &*e.name, "warning": e.warning, "text": e.text, "fix": e.fix})).collect::<Vec<_>>(),
        "place": c.place,
        "dependencies": c.dependencies.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "local": c.local,
    })
}

fn object(p: &Prior, w: &Withheld) -> Json {
    json!({
        "addr": p.addr.to_string(),
        "deposed": p.deposed.as_deref(),
        "provider": p.provider.to_string(),
        "value": exact::encode(&p.value, w),
        "tainted": p.tainted,
        "adopted": p.adopted,
        "dependencies": p.dependencies.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

fn output(o: &OutputChange, w: &Withheld) -> Json {
    json!({
        "name": &*o.name,
        "prior": optional(&o.prior, w),
        "planned": optional(&o.planned, w),
        "sensitive": o.sensitive,
        "action": action_name(o.action),
    })
}

fn drift(d: &Drift, w: &Withheld) -> Json {
    json!({
        "addr": d.addr.to_string(),
        "recorded": exact::encode(&d.recorded, w),
        "found": optional(&d.found, w),
        "paths": d.paths.iter().map(path).collect::<Vec<_>>(),
    })
}

fn problem(p: &Problem) -> Json {
    json!({"addr": p.addr.to_string(), "code": p.code, "text": p.text, "help": p.help})
}

fn step(s: &Step) -> Json {
    json!({"action": step_name(s.action), "change": s.change, "after": s.after})
}

const MODES: &[(PlanMode, &str)] = &[
    (PlanMode::Normal, "normal"),
    (PlanMode::Destroy, "destroy"),
    (PlanMode::RefreshOnly, "refresh-only"),
];

const ACTIONS: &[(Action, &str)] = &[
    (Action::NoOp, "no-op"),
    (Action::Create, "create"),
    (Action::Read, "read"),
    (Action::Update, "update"),
    (Action::Replace { create_first: false }, "delete-create"),
    (Action::Replace { create_first: true }, "create-delete"),
    (Action::Delete, "delete"),
    (Action::Forget, "forget"),
];

const STEPS: &[(StepAction, &str)] = &[
    (StepAction::Create, "create"),
    (StepAction::Update, "update"),
    (StepAction::Delete, "delete"),
    (StepAction::Read, "read"),
    (StepAction::Join, "join"),
];

const REASONS: &[ActionReason] = &[
    ActionReason::ReplaceBecauseTainted,
    ActionReason::ReplaceBecauseCannotUpdate,
    ActionReason::ReplaceByRequest,
    ActionReason::ReplaceByTriggers,
    ActionReason::DeleteBecauseNoResourceConfig,
    ActionReason::DeleteBecauseNoMoveTarget,
    ActionReason::DeleteBecauseWrongRepetition,
    ActionReason::DeleteBecauseCountIndex,
    ActionReason::DeleteBecauseEachKey,
    ActionReason::DeleteBecauseNoModule,
    ActionReason::ReadBecauseConfigUnknown,
    ActionReason::ReadBecauseDependencyPending,
];

fn named<T: Copy + PartialEq>(table: &[(T, &'static str)], item: T) -> &'static str {
    table.iter().find(|(t, _)| *t == item).map_or("", |(_, name)| name)
}

fn mode_name(mode: PlanMode) -> &'static str {
    named(MODES, mode)
}

fn action_name(action: Action) -> &'static str {
    named(ACTIONS, action)
}

fn step_name(action: StepAction) -> &'static str {
    named(STEPS, action)
}

/// Reads a plan file.
///
/// # Errors
/// It is no plan, of another form, or was changed.
pub fn decode(text: &str) -> Result<(SavedPlan, String), PlanFileError> {
    decode_sealed(text).map(|(saved, digest, _)| (saved, digest))
}

/// Reads a plan file: the plan, its digest, and the seal if there is one. Whether the seal fits is for those to say who have
/// the key.
///
/// # Errors
/// As [`decode`].
pub fn decode_sealed(text: &str) -> Result<(SavedPlan, String, Option<String>), PlanFileError> {
    crate::base::json::check_depth(text).map_err(PlanFileError::NotAPlan)?;
    let json: Json = serde_json::from_str(text).map_err(|e| PlanFileError::NotAPlan(e.to_string()))?;
    let (Some(body), Some(written)) = (json.get("headworks_plan"), json.get("sha256").and_then(Json::as_str)) else {
        return Err(PlanFileError::NotAPlan("it has no headworks_plan".into()));
    };
    let found = body.get("format").and_then(Json::as_u64).unwrap_or(0);
    if found != FORMAT {
        return Err(PlanFileError::Format { found });
    }
    if digest(body) != written {
        return Err(PlanFileError::Digest);
    }
    let saved = Reader { json: body }.saved().map_err(PlanFileError::Part)?;
    check_steps(&saved.plan).map_err(PlanFileError::Part)?;
    let seal = json.get("seal").and_then(Json::as_str).map(str::to_string);
    Ok((saved, written.to_string(), seal))
}

/// Numbers in steps point at what is there, and the steps can be ordered.
fn check_steps(plan: &Plan) -> Result<(), String> {
    let steps = plan.steps.steps.len();
    for step in &plan.steps.steps {
        let fits = step.after.iter().all(|a| (*a as usize) < steps)
            && step.change.is_none_or(|c| (c as usize) < plan.changes.len());
        if !fits {
            return Err("a step points at something that is not in the plan".into());
        }
    }
    if super::steps::is_acyclic(&plan.steps) {
        Ok(())
    } else {
        Err("its steps can't be ordered".into())
    }
}

/// Reads parts of a JSON object; errors name the part.
struct Reader<'a> {
    json: &'a Json,
}

type Part<T> = Result<T, String>;

impl<'a> Reader<'a> {
    fn get(&self, key: &str) -> &'a Json {
        self.json.get(key).unwrap_or(&Json::Null)
    }

    fn text(&self, key: &str) -> Part<String> {
        let text = self.get(key).as_str().map(str::to_string);
        text.ok_or_else(|| format!("{key} is missing"))
    }

    fn text_opt(&self, key: &str) -> Option<String> {
        self.get(key).as_str().map(str::to_string)
    }

    fn flag(&self, key: &str) -> bool {
        self.get(key).as_bool().unwrap_or(false)
    }

    fn list<T>(&self, key: &str, read: impl Fn(Reader<'a>) -> Part<T>) -> Part<Vec<T>> {
        let items = self.get(key).as_array().ok_or_else(|| format!("{key} is missing"))?;
        items.iter().map(|json| read(Reader { json })).collect()
    }

    fn value_opt(&self, key: &str) -> Part<Option<Value>> {
        match self.get(key) {
            Json::Null => Ok(None),
            json => exact::decode(json).map(Some).map_err(|e| format!("{key} holds {e}")),
        }
    }

    fn values(&self, key: &str) -> Part<BTreeMap<Str, Value>> {
        let entries = self.get(key).as_object().ok_or_else(|| format!("{key} is missing"))?;
        let decoded = entries
            .iter()
            .map(|(k, v)| Ok((Str::from(k.as_str()), exact::decode(v)?)));
        decoded.collect::<Part<_>>().map_err(|e| format!("{key} holds {e}"))
    }

    fn addr(&self, key: &str) -> Part<InstanceAddr> {
        self.text(key)?
            .parse()
            .map_err(|e: crate::base::addr::AddrError| e.to_string())
    }

    fn one_of<T: Copy>(&self, key: &str, table: &[(T, &str)]) -> Part<T> {
        let name = self.text(key)?;
        let found = table.iter().find(|(_, n)| *n == name).map(|(t, _)| *t);
        found.ok_or_else(|| format!("{key} is {name:?}"))
    }

    fn saved(&self) -> Part<SavedPlan> {
        let read = self.values("read")?.into_iter().map(|(k, v)| {
            let addr: InstanceAddr = k.parse().map_err(|e: crate::base::addr::AddrError| e.to_string())?;
            Ok((addr, v))
        });
        Ok(SavedPlan {
            tool_version: self.text("tool_version")?,
            created_at: self.text("created_at")?,
            lineage: self.text_opt("lineage"),
            serial: self.get("serial").as_u64().ok_or("serial is missing")?,
            sim: self.flag("sim"),
            sources: self.list("sources", |r| Ok((r.text("name")?, r.text("text")?)))?,
            withheld: self.list("withheld", |r| r.name())?,
            given: self.list("given_ephemeral", |r| r.name())?,
            plan: Plan {
                mode: self.one_of("mode", MODES)?,
                targeted: self.flag("targeted"),
                checks: checks::decode(self.get("checks"))?,
                variables: self.values("variables")?,
                given: self.values("given")?,
                changes: self.list("changes", |r| r.change())?,
                outputs: self.list("outputs", |r| r.output())?,
                kept_outputs: self.values("kept_outputs")?,
                kept_objects: self.list("kept_objects", |r| r.object())?,
                read: read.collect::<Part<_>>()?,
                drift: self.list("drift", |r| r.drift())?,
                problems: self.list("problems", |r| r.problem())?,
                not_compared: self.list("not_compared", |r| {
                    Ok(NotCompared {
                        addr: r.addr("addr")?,
                        cause: r.text("cause")?,
                    })
                })?,
                unread: self.list("unread", |r| {
                    Ok(Unread {
                        addr: r.addr("addr")?,
                        path: Reader { json: r.get("path") }.path()?,
                        why: r.text("why")?,
                    })
                })?,
                moves: self
                    .list("moves", |r| Ok((r.addr("to")?, r.addr("from")?)))?
                    .into_iter()
                    .collect(),
                imports: self
                    .list("imports", |r| Ok((r.addr("to")?, r.imported()?)))?
                    .into_iter()
                    .collect(),
                steps: StepGraph {
                    steps: self.list("steps", |r| r.step())?,
                },
            },
        })
    }

    fn name(&self) -> Part<Str> {
        let name = self.json.as_str().map(Str::from);
        name.ok_or_else(|| "the name of a variable is missing".to_string())
    }

    fn path(&self) -> Part<AttrPath> {
        let steps = self.json.as_array().ok_or("a path that is no list")?;
        let step = |json: &Json| -> Part<PathStep> {
            if let Some(name) = json.get("attr").and_then(Json::as_str) {
                Ok(PathStep::Attr(name.into()))
            } else if let Some(key) = json.get("key").and_then(Json::as_str) {
                Ok(PathStep::Key(key.into()))
            } else {
                let index = json
                    .get("index")
                    .and_then(Json::as_u64)
                    .and_then(|i| usize::try_from(i).ok());
                index
                    .map(PathStep::Index)
                    .ok_or_else(|| "a path with a wrong step".to_string())
            }
        };
        Ok(AttrPath(steps.iter().map(step).collect::<Part<_>>()?))
    }

    fn change(&self) -> Part<Change> {
        let reason = self.text_opt("reason");
        let provider: ProviderKey = self.text("provider")?.parse().unwrap_or_else(|never| match never {});
        Ok(Change {
            addr: self.addr("addr")?,
            deposed: self.text_opt("deposed").map(Into::into),
            provider,
            action: self.one_of("action", ACTIONS)?,
            reason: reason.and_then(|name| REASONS.iter().copied().find(|r| r.name() == name)),
            prior: self.value_opt("prior")?,
            planned: self.value_opt("planned")?,
            replace_paths: self.list("replace_paths", |r| r.path())?,
            causes: self.list("causes", |r| {
                Ok(Cause {
                    path: Reader { json: r.get("path") }.path()?,
                    replaces: r.flag("replaces"),
                    place: r.text_opt("place"),
                })
            })?,
            effects: self.list("effects", |r| {
                Ok(Effect {
                    name: r.text("name")?.into(),
                    warning: r.flag("warning"),
                    text: r.text("text")?,
                    fix: r.text_opt("fix"),
                })
            })?,
            span: None,
            place: self.text_opt("place"),
            dependencies: self.dependencies()?,
            local: self.flag("local"),
        })
    }

    fn dependencies(&self) -> Part<Vec<ResourceAddr>> {
        self.list("dependencies", |r| {
            let text = r.json.as_str().ok_or("a dependency that is no text")?;
            let addr: Result<InstanceAddr, _> = text.parse();
            addr.map(|a| a.resource)
                .map_err(|e: crate::base::addr::AddrError| e.to_string())
        })
    }

    fn object(&self) -> Part<Prior> {
        Ok(Prior {
            addr: self.addr("addr")?,
            deposed: self.text_opt("deposed").map(Into::into),
            provider: self.text("provider")?.parse().unwrap_or_else(|never| match never {}),
            value: self.value_opt("value")?.ok_or("an object without its value")?,
            tainted: self.flag("tainted"),
            adopted: self.flag("adopted"),
            dependencies: self.dependencies()?,
        })
    }

    fn output(&self) -> Part<OutputChange> {
        Ok(OutputChange {
            name: self.text("name")?.into(),
            prior: self.value_opt("prior")?,
            planned: self.value_opt("planned")?,
            sensitive: self.flag("sensitive"),
            action: self.one_of("action", ACTIONS)?,
        })
    }

    fn drift(&self) -> Part<Drift> {
        Ok(Drift {
            addr: self.addr("addr")?,
            recorded: self.value_opt("recorded")?.ok_or("drift without what was recorded")?,
            found: self.value_opt("found")?,
            paths: self.list("paths", |r| r.path())?,
        })
    }

    fn imported(&self) -> Part<Imported> {
        Ok(Imported {
            id: self.text("id")?,
            config: self.text_opt("config"),
        })
    }

    fn problem(&self) -> Part<Problem> {
        Ok(Problem {
            addr: self.addr("addr")?,
            code: self.text("code")?,
            text: self.text("text")?,
            help: self.text_opt("help"),
        })
    }

    fn step(&self) -> Part<Step> {
        let number = |json: &Json| json.as_u64().and_then(|n| u32::try_from(n).ok());
        let after = self.get("after").as_array().ok_or("a step without its order")?;
        Ok(Step {
            action: self.one_of("action", STEPS)?,
            change: number(self.get("change")),
            after: after
                .iter()
                .map(|a| number(a).ok_or("a step with a wrong order".to_string()))
                .collect::<Part<_>>()?,
        })
    }
}
