//! What became of the conditions of a configuration: each declaration that has some, its instances, and how they stand.
//! Decides how results add up; evaluates nothing.

use crate::base::{InstanceAddr, InstanceKey, ModulePath, ResourceAddr, Str};
use crate::config::Module;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// How a condition stands, or all conditions of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckStatus {
    /// It holds.
    Pass,
    /// It is known only after apply, or nobody looked.
    Unknown,
    /// It does not hold.
    Fail,
    /// It could not be evaluated.
    Error,
}

impl CheckStatus {
    /// Terraform's name of it.
    pub fn name(self) -> &'static str {
        match self {
            CheckStatus::Pass => "pass",
            CheckStatus::Unknown => "unknown",
            CheckStatus::Fail => "fail",
            CheckStatus::Error => "error",
        }
    }

    fn of_name(name: &str) -> Option<Self> {
        let all = [Self::Pass, Self::Unknown, Self::Fail, Self::Error];
        all.into_iter().find(|s| s.name() == name)
    }
}

/// A declaration that has conditions. The module is that of the declaration, its calls without keys.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Checkable {
    /// A `check` block.
    Check(ModulePath, Str),
    /// An output with preconditions.
    Output(ModulePath, Str),
    /// A resource or data source with pre- or postconditions.
    Resource(ResourceAddr),
    /// A variable with validations.
    Variable(ModulePath, Str),
}

impl Checkable {
    /// The module that declares it.
    pub fn module(&self) -> &ModulePath {
        match self {
            Checkable::Check(module, _) | Checkable::Output(module, _) | Checkable::Variable(module, _) => module,
            Checkable::Resource(addr) => &addr.module,
        }
    }
}

impl std::fmt::Display for Checkable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (module, kind, name) = match self {
            Checkable::Resource(addr) => return write!(f, "{addr}"),
            Checkable::Check(module, name) => (module, "check", name),
            Checkable::Output(module, name) => (module, "output", name),
            Checkable::Variable(module, name) => (module, "var", name),
        };
        if !module.is_root() {
            write!(f, "{module}.")?;
        }
        write!(f, "{kind}.{name}")
    }
}

/// What became of one condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleResult {
    /// How it stands.
    pub status: CheckStatus,
    /// What it says when it does not hold.
    pub message: Option<String>,
}

/// Which instance of a declaration: the module instance, and the key of the instance in it.
pub type InstanceOf = (ModulePath, InstanceKey);

/// What became of the conditions of one instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InstanceResult {
    /// Conditions that are checked before, and those of everything that has no after.
    pub before: Vec<RuleResult>,
    /// Postconditions.
    pub after: Vec<RuleResult>,
}

impl InstanceResult {
    fn rules(&self) -> impl Iterator<Item = &RuleResult> {
        self.before.iter().chain(&self.after)
    }

    /// How all of them stand together.
    pub fn status(&self) -> CheckStatus {
        self.rules().map(|r| r.status).max().unwrap_or(CheckStatus::Pass)
    }

    /// Whether a condition that is checked before is still open.
    pub fn open_before(&self) -> bool {
        self.before.iter().any(|r| r.status == CheckStatus::Unknown)
    }

    /// Whether a postcondition is still open.
    pub fn open_after(&self) -> bool {
        self.after.iter().any(|r| r.status == CheckStatus::Unknown)
    }
}

/// The results of all conditions, by declaration. A declaration without instances listed was not looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckResults(pub BTreeMap<Checkable, Option<BTreeMap<InstanceOf, InstanceResult>>>);

impl CheckResults {
    /// Every declaration of a configuration that has conditions; nothing was looked at yet.
    pub fn declared(root: &Module) -> Self {
        let mut all = BTreeMap::new();
        for (path, module) in root.all() {
            let variables = module.variables.iter().filter(|(_, v)| !v.validations.is_empty());
            let outputs = module.outputs.iter().filter(|(_, o)| !o.preconditions.is_empty());
            let resources = module.resources.iter().filter(|(_, r)| {
                let lifecycle = &r.lifecycle;
                !lifecycle.preconditions.is_empty() || !lifecycle.postconditions.is_empty()
            });
            let here = (variables.map(|(name, _)| Checkable::Variable(path.clone(), name.clone())))
                .chain(outputs.map(|(name, _)| Checkable::Output(path.clone(), name.clone())))
                .chain(
                    module
                        .checks
                        .keys()
                        .map(|name| Checkable::Check(path.clone(), name.clone())),
                )
                .chain(resources.map(|(addr, _)| Checkable::Resource(addr.in_module(path.clone()))));
            all.extend(here.map(|c| (c, None)));
        }
        Self(all)
    }

    /// Whether there are no conditions at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The declaration's instances are known from here on; there may be none.
    pub fn expand(&mut self, of: &Checkable) {
        if let Some(instances) = self.0.get_mut(of) {
            instances.get_or_insert_default();
        }
    }

    /// The result of an instance, to be filled in; none for a declaration without conditions.
    pub fn instance(&mut self, of: &Checkable, which: InstanceOf) -> Option<&mut InstanceResult> {
        let instances = self.0.get_mut(of)?;
        Some(instances.get_or_insert_default().entry(which).or_default())
    }

    /// The result of a resource instance as far as there is one.
    pub fn of_resource(&self, addr: &InstanceAddr) -> Option<&InstanceResult> {
        let of = Checkable::Resource(addr.resource.unkeyed());
        self.0
            .get(&of)?
            .as_ref()?
            .get(&(addr.resource.module.clone(), addr.key.clone()))
    }

    /// The result of a resource instance, to be filled in.
    pub fn of_resource_mut(&mut self, addr: &InstanceAddr) -> Option<&mut InstanceResult> {
        let of = Checkable::Resource(addr.resource.unkeyed());
        self.instance(&of, (addr.resource.module.clone(), addr.key.clone()))
    }
}

/// The results as one JSON document, for plan files and the state.
pub fn encode(results: &CheckResults) -> Json {
    let rule = |r: &RuleResult| json!({"status": r.status.name(), "message": r.message});
    let rules = |all: &[RuleResult]| all.iter().map(rule).collect::<Vec<_>>();
    let instance = |((module, key), result): (&InstanceOf, &InstanceResult)| {
        json!({
            "module": holder(module).to_string(),
            "key": holder_key(key),
            "before": rules(&result.before),
            "after": rules(&result.after),
        })
    };
    let one = |(of, instances): (&Checkable, &Option<BTreeMap<InstanceOf, InstanceResult>>)| {
        let (kind, addr) = match of {
            Checkable::Check(m, name) => ("check", in_module(m, name)),
            Checkable::Output(m, name) => ("output", in_module(m, name)),
            Checkable::Variable(m, name) => ("var", in_module(m, name)),
            Checkable::Resource(addr) => ("resource", addr.to_string()),
        };
        let listed = instances
            .as_ref()
            .map(|all| all.iter().map(instance).collect::<Vec<_>>());
        json!({"kind": kind, "address": addr, "instances": listed})
    };
    results.0.iter().map(one).collect()
}

/// The text that the state keeps of the results; none when nothing has conditions, or nothing is left.
pub fn state_text(plan: &super::Plan, results: &CheckResults) -> Option<String> {
    let gone = plan.mode == super::PlanMode::Destroy && !plan.targeted;
    (!gone && !results.is_empty()).then(|| encode(results).to_string())
}

/// Reads what [`state_text`] made; none when it can't be read, as the next run makes it anew.
pub fn from_state(text: Option<&str>) -> CheckResults {
    let json = text.and_then(|t| serde_json::from_str(t).ok());
    json.and_then(|json| decode(&json).ok()).unwrap_or_default()
}

/// Names in modules are written as addresses of resources of a type that only stands for them.
const STAND_IN: &str = "x";

fn in_module(module: &ModulePath, name: &Str) -> String {
    let addr = ResourceAddr {
        module: module.clone(),
        ..ResourceAddr::managed(STAND_IN, name.clone())
    };
    addr.to_string()
}

fn holder(module: &ModulePath) -> ResourceAddr {
    ResourceAddr {
        module: module.clone(),
        ..ResourceAddr::managed(STAND_IN, STAND_IN)
    }
}

fn holder_key(key: &InstanceKey) -> Json {
    match key {
        InstanceKey::None => Json::Null,
        InstanceKey::Index(i) => json!(i),
        InstanceKey::Key(k) => json!(&**k),
    }
}

/// Reads what [`encode`] wrote.
///
/// # Errors
/// A part makes no sense.
pub fn decode(json: &Json) -> Result<CheckResults, String> {
    let mut out = CheckResults::default();
    for one in json.as_array().ok_or("check results that are no list")? {
        let addr = resource_addr(&one["address"])?;
        let of = match one["kind"].as_str() {
            Some("check") => Checkable::Check(addr.module, addr.name),
            Some("output") => Checkable::Output(addr.module, addr.name),
            Some("var") => Checkable::Variable(addr.module, addr.name),
            Some("resource") => Checkable::Resource(addr),
            _ => return Err("a check result of an unknown kind".into()),
        };
        let instances = match one["instances"].as_array() {
            Some(all) => Some(all.iter().map(instance).collect::<Result<_, String>>()?),
            None => None,
        };
        out.0.insert(of, instances);
    }
    Ok(out)
}

fn resource_addr(json: &Json) -> Result<ResourceAddr, String> {
    let text = json.as_str().ok_or("a check result without an address")?;
    let addr: InstanceAddr = text.parse().map_err(|e: crate::base::addr::AddrError| e.to_string())?;
    Ok(addr.resource)
}

fn instance(json: &Json) -> Result<(InstanceOf, InstanceResult), String> {
    let module = resource_addr(&json["module"])?.module;
    let key = match (&json["key"], json["key"].as_u64()) {
        (_, Some(i)) => InstanceKey::Index(i),
        (Json::String(k), _) => InstanceKey::Key(k.as_str().into()),
        _ => InstanceKey::None,
    };
    let rules = |part: &str| -> Result<Vec<RuleResult>, String> {
        let all = json[part].as_array().ok_or("a check result without its conditions")?;
        all.iter().map(rule).collect()
    };
    let result = InstanceResult {
        before: rules("before")?,
        after: rules("after")?,
    };
    Ok(((module, key), result))
}

fn rule(json: &Json) -> Result<RuleResult, String> {
    let status = json["status"].as_str().and_then(CheckStatus::of_name);
    Ok(RuleResult {
        status: status.ok_or("a condition without its status")?,
        message: json["message"].as_str().map(str::to_string),
    })
}

/// The results in the shape of Terraform's `checks`, sorted by address.
pub fn report(results: &CheckResults) -> Json {
    let mut all: Vec<(String, Json)> = results
        .0
        .iter()
        .map(|(of, i)| (of.to_string(), one_json(of, i)))
        .collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all.into_iter().map(|(_, json)| json).collect()
}

fn one_json(of: &Checkable, instances: &Option<BTreeMap<InstanceOf, InstanceResult>>) -> Json {
    let mut address = Map::new();
    address.insert("to_display".into(), of.to_string().into());
    let (kind, module, name) = match of {
        Checkable::Check(m, name) => ("check", m, name),
        Checkable::Output(m, name) => ("output_value", m, name),
        Checkable::Variable(m, name) => ("var", m, name),
        Checkable::Resource(addr) => {
            let managed = addr.mode == crate::base::ResourceMode::Managed;
            address.insert("mode".into(), if managed { "managed" } else { "data" }.into());
            address.insert("type".into(), (*addr.type_name).into());
            ("resource", &addr.module, &addr.name)
        }
    };
    address.insert("kind".into(), kind.into());
    address.insert("name".into(), (**name).into());
    if !module.is_root() {
        address.insert("module".into(), module.to_string().into());
    }
    // Not looked at is not the same as none: nothing can fail where nothing is.
    let status = match instances {
        None => CheckStatus::Unknown,
        Some(all) => all
            .values()
            .map(InstanceResult::status)
            .max()
            .unwrap_or(CheckStatus::Pass),
    };
    let mut out = json!({"address": address, "status": status.name()});
    let listed = instances
        .iter()
        .flatten()
        .map(|(which, result)| instance_json(of, which, result));
    let listed: Vec<Json> = listed.collect();
    if !listed.is_empty() {
        out["instances"] = listed.into();
    }
    out
}

fn instance_json(of: &Checkable, (module, key): &InstanceOf, result: &InstanceResult) -> Json {
    let of = match of.clone() {
        Checkable::Check(_, name) => Checkable::Check(module.clone(), name),
        Checkable::Output(_, name) => Checkable::Output(module.clone(), name),
        Checkable::Variable(_, name) => Checkable::Variable(module.clone(), name),
        Checkable::Resource(addr) => Checkable::Resource(ResourceAddr {
            module: module.clone(),
            ..addr
        }),
    };
    let mut address = json!({"to_display": format!("{of}{key}")});
    if *key != InstanceKey::None {
        address["instance_key"] = holder_key(key);
    }
    if !module.is_root() {
        address["module"] = module.to_string().into();
    }
    let mut out = json!({"address": address, "status": result.status().name()});
    let failed = result.rules().filter(|r| r.status == CheckStatus::Fail);
    let problems: Vec<Json> = failed
        .filter_map(|r| Some(json!({"message": r.message.as_ref()?})))
        .collect();
    if !problems.is_empty() {
        out["problems"] = problems.into();
    }
    out
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed test should stop")]
mod tests {
    use super::*;

    fn results() -> CheckResults {
        let in_module = ModulePath([("m".into(), InstanceKey::Index(1))].into());
        let rule = |status, message: Option<&str>| RuleResult {
            status,
            message: message.map(str::to_string),
        };
        let addr = ResourceAddr {
            module: in_module.unkeyed(),
            ..ResourceAddr::managed("terraform_data", "a")
        };
        let failed = InstanceResult {
            before: vec![rule(CheckStatus::Pass, None), rule(CheckStatus::Fail, Some("too big"))],
            after: vec![rule(CheckStatus::Unknown, None)],
        };
        let instances = BTreeMap::from([((in_module, InstanceKey::Key("k\"]".into())), failed)]);
        CheckResults(BTreeMap::from([
            (Checkable::Check(ModulePath::default(), "c".into()), None),
            (
                Checkable::Variable(ModulePath::default(), "v".into()),
                Some(BTreeMap::new()),
            ),
            (Checkable::Resource(addr), Some(instances)),
        ]))
    }

    #[test]
    fn results_survive_being_written_and_read() {
        let text = encode(&results()).to_string();
        assert_eq!(decode(&serde_json::from_str(&text).unwrap()).unwrap(), results());
        assert!(decode(&json!([{"kind": "check"}])).is_err());
    }

    #[test]
    fn the_worst_result_is_that_of_the_whole() {
        let json = report(&results());
        let status = |i: usize| json[i]["status"].as_str().unwrap();
        assert_eq!((status(0), status(1), status(2)), ("unknown", "fail", "pass"));
        assert_eq!(json[1]["address"]["module"], "module.m");
        let instance = &json[1]["instances"][0];
        assert_eq!(
            instance["address"]["to_display"],
            "module.m[1].terraform_data.a[\"k\\\"]\"]"
        );
        assert_eq!(instance["address"]["instance_key"], "k\"]");
        assert_eq!(instance["problems"], json!([{"message": "too big"}]));
        assert!(json[0].get("instances").is_none());
    }
}
