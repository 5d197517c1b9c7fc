//! Settles what a killed run left open: for each step that began and has no end, looks and then adopts, leaves to be repeated, or
//! says that it can't tell. Never deletes and never guesses; doing it twice is the same as once.

use super::data::cloud_error;
use super::run::store_error;
use super::{Drivers, Providers, codes, rows};
use crate::base::json::from_typed_json;
use crate::base::{Diag, Diags, InstanceAddr, Known, Value};
use crate::config::{Module, ProviderKey};
use crate::plan::drift::differences;
use crate::schema::{Registry, ResourceSchema, secrets};
use crate::store::{
    OpenStep, ResourceRow, RowChange, RowKey, RowStatus, StateSnapshot, StepAction, StepEnd, StepFailure, Store,
    WriteCx,
};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// What recovery did, for the user.
#[derive(Debug, Default)]
pub struct Recovery {
    /// One line a step, in plain words.
    pub notices: Vec<String>,
    /// What can't be settled, and errors.
    pub diags: Diags,
    /// Client tokens of creates that had no effect as far as can be seen: the next attempt uses the same, should the first
    /// one still arrive.
    pub tokens: BTreeMap<RowKey, String>,
}

/// What became of an open step.
struct Settled {
    notice: String,
    /// It had no effect as far as can be seen, and is planned again.
    again: bool,
}

/// What looking for the object of an open step showed.
enum Found {
    /// It is there.
    Object(Value),
    /// It is not.
    Nothing,
}

/// Settles all open steps. `module` says which provider manages an object that the state does not know yet.
pub async fn recover(
    store: &dyn Store,
    epoch: u64,
    state: &StateSnapshot,
    module: &Module,
    registry: &Registry,
    drivers: &Drivers,
    providers: &Providers,
) -> Recovery {
    let mut recovery = Recovery::default();
    let open = match store.open_steps().await {
        Ok(open) => open,
        Err(error) => {
            recovery.diags.push(store_error(&error));
            return recovery;
        }
    };
    for step in open {
        let row = state.resources.iter().find(|r| r.key() == step.intent.target);
        let cx = Recover {
            store,
            epoch,
            module,
            registry,
            drivers,
            providers,
            row,
        };
        match cx.settle(&step).await {
            Ok(settled) => {
                recovery.notices.push(settled.notice);
                if let (true, Some(token)) = (settled.again, &step.intent.token) {
                    recovery.tokens.insert(step.intent.target.clone(), token.clone());
                }
            }
            Err(diag) => recovery.diags.push(diag.address(&step.intent.target.addr)),
        }
    }
    recovery
}

struct Recover<'a> {
    store: &'a dyn Store,
    epoch: u64,
    module: &'a Module,
    registry: &'a Registry,
    drivers: &'a Drivers,
    providers: &'a Providers,
    row: Option<&'a ResourceRow>,
}

impl Recover<'_> {
    async fn settle(&self, step: &OpenStep) -> Result<Settled, Diag> {
        let addr = &step.intent.target.addr;
        let schema = self
            .registry
            .resource(&addr.resource.type_name)
            .ok_or_else(|| uncertain(step, "its type is not known to this program"))?;
        let found = self.look(step, schema).await?;
        let verb = verb(step.intent.action);
        let again = matches!(
            (step.intent.action, &found),
            (StepAction::Create | StepAction::Import, Found::Nothing)
        );
        let notice = match (step.intent.action, found) {
            (StepAction::Create | StepAction::Import, Found::Object(object)) => self.made(step, schema, object).await?,
            (StepAction::Create | StepAction::Import, Found::Nothing) => {
                self.fail(step, RowChange::None).await?;
                format!("{addr}: {verb} was interrupted before it had an effect; it is planned again")
            }
            (StepAction::Delete, Found::Nothing) => {
                self.end(step, RowChange::Delete(step.intent.target.clone())).await?;
                format!("{addr}: {verb} was interrupted after it had its effect; the object is gone")
            }
            (StepAction::Delete, Found::Object(_)) => {
                self.fail(step, RowChange::None).await?;
                format!("{addr}: {verb} was interrupted; the object still exists, and its deletion is planned again")
            }
            (_, Found::Object(object)) => {
                let change = self.put(step, schema, &object)?;
                self.end(step, change).await?;
                format!("{addr}: {verb} was interrupted; the object is recorded as it is now")
            }
            (_, Found::Nothing) => {
                self.end(step, RowChange::Delete(step.intent.target.clone())).await?;
                format!("{addr}: {verb} was interrupted, and the object is gone")
            }
        };
        Ok(Settled { notice, again })
    }

    /// An object under the name that was to be made: adopted when it is what was meant, or when the journal knows that it is
    /// ours.
    async fn made(&self, step: &OpenStep, schema: &ResourceSchema, object: Value) -> Result<String, Diag> {
        let addr = &step.intent.target.addr;
        let meant = self.object(step.intent.planned.as_deref(), schema);
        let differs = meant.as_ref().map(|m| {
            let m = super::fill::fill(&with_unknown_for_null(m, schema), &object);
            differences(&schema.block, &m, &object)
        });
        match differs {
            Some(paths) if !paths.is_empty() && step.noted.is_none() => {
                let names: Vec<String> = paths.iter().map(ToString::to_string).collect();
                Err(uncertain(
                    step,
                    &format!(
                        "an object of that name exists, but it differs from what was to be made in {}; it may be somebody else's",
                        names.join(", ")
                    ),
                )
                .help(format!(
                    "if it is yours: headworks state settle '{addr}' adopt; if not: headworks state settle '{addr}' disown, and \
                     choose another name"
                )))
            }
            None => Err(uncertain(step, "the journal does not say what was to be made")),
            _ => {
                let change = self.put(step, schema, &object)?;
                self.end(step, change).await?;
                Ok(format!(
                    "{addr}: create was interrupted after the object was made; it was found and adopted"
                ))
            }
        }
    }

    /// Where to look: as the state says, or the configuration for an object that is not in the state yet.
    fn provider(&self, addr: &InstanceAddr) -> ProviderKey {
        if let Some(row) = self.row {
            return row.provider.parse().unwrap_or_else(|never| match never {});
        }
        if let Some(resource) = self.module.resource(&addr.resource) {
            return self.module.provider_at(&addr.resource.module, &resource.provider);
        }
        let name = addr.resource.type_name.split('_').next().unwrap_or("");
        name.parse().unwrap_or_else(|never| match never {})
    }

    fn object(&self, text: Option<&str>, schema: &ResourceSchema) -> Option<Value> {
        let json = serde_json::from_str(text?).ok()?;
        from_typed_json(&json, &schema.block.object_type()).ok()
    }

    async fn look(&self, step: &OpenStep, schema: &ResourceSchema) -> Result<Found, Diag> {
        let addr = &step.intent.target.addr;
        let identity = self
            .object(step.noted.as_deref(), schema)
            .or_else(|| self.object(step.intent.identity.as_deref(), schema))
            .or_else(|| self.object(step.intent.planned.as_deref(), schema))
            .ok_or_else(|| uncertain(step, "the journal does not say what it was about"))?;
        let named = schema
            .identity
            .iter()
            .all(|name| identity.get(name).is_some_and(|v| !v.is_null()));
        if !named {
            // The name was to come from another object that was made first; without a name no call was sent.
            return Ok(Found::Nothing);
        }
        let known = Known::new(identity).ok_or_else(|| uncertain(step, "its name is not known"))?;
        let driver = self.drivers.managed.get(&*addr.resource.type_name);
        let session = self.providers.session(&self.provider(addr));
        let (Some(driver), Some(session)) = (driver, session) else {
            return Err(uncertain(step, "its provider is not configured any more"));
        };
        let session = session.clone().read_only().within(super::refresh::READ_LIMIT);
        match driver.read(&session, &known).await {
            Ok(Some(object)) => {
                let object = secrets::resealed(&schema.block, object.into_value(), known.value());
                Ok(Found::Object(object))
            }
            Ok(None) => Ok(Found::Nothing),
            Err(error) => {
                let diag = cloud_error(&error);
                let why = diag.detail.clone().unwrap_or_default();
                Err(uncertain(step, &format!("looking for it failed: {why}")))
            }
        }
    }

    fn put(&self, step: &OpenStep, schema: &ResourceSchema, object: &Value) -> Result<RowChange, Diag> {
        let addr = step.intent.target.addr.clone();
        let attributes = crate::base::json::to_typed_json(object, &schema.block.object_type()).to_string();
        let mut row = match self.row {
            Some(row) => row.clone(),
            None => ResourceRow::new(addr.clone(), self.provider(&addr).to_string(), ""),
        };
        row.attributes = attributes;
        row.schema_version = schema.version;
        row.status = RowStatus::Ok;
        // What can't be read back must not be written.
        rows::prior(&row, self.registry)?;
        Ok(RowChange::Put(Box::new(row)))
    }

    fn write_cx(&self) -> WriteCx {
        WriteCx {
            epoch: self.epoch,
            run: None,
            now: Timestamp::now(),
        }
    }

    async fn end(&self, step: &OpenStep, change: RowChange) -> Result<(), Diag> {
        let end = StepEnd {
            change,
            result: Some("recovered".into()),
        };
        let ended = self.store.end_step(self.write_cx(), step.step, end).await;
        ended.map_err(|e| store_error(&e))
    }

    async fn fail(&self, step: &OpenStep, change: RowChange) -> Result<(), Diag> {
        let failure = StepFailure {
            change,
            error: "interrupted; found without effect".into(),
            effect_unknown: false,
        };
        let failed = self.store.fail_step(self.write_cx(), step.step, failure).await;
        failed.map_err(|e| store_error(&e))
    }
}

/// In the journal, parts known only after apply are null; they say nothing about the object found.
fn with_unknown_for_null(meant: &Value, schema: &ResourceSchema) -> Value {
    let entries = meant.entries().cloned().unwrap_or_default();
    let filled = entries.into_iter().map(|(name, value)| {
        let open = value.is_null()
            && schema.block.attributes.get(&name).is_some_and(|a| {
                matches!(
                    a.mode,
                    crate::schema::Mode::Computed | crate::schema::Mode::OptionalComputed
                )
            });
        let value = if open { Value::unknown(value.ty()) } else { value };
        (name, value)
    });
    Value::object(filled.collect())
}

fn verb(action: StepAction) -> &'static str {
    match action {
        StepAction::Create => "create",
        StepAction::Update => "update",
        StepAction::Delete => "delete",
        StepAction::Import => "import",
        StepAction::Read => "read",
        StepAction::Forget => "forget",
    }
}

fn uncertain(step: &OpenStep, why: &str) -> Diag {
    Diag::error(
        codes::UNCERTAIN,
        format!("An interrupted {} can't be settled", verb(step.intent.action)),
    )
    .detail(format!("{} of run {}: {why}.", step.intent.target, step.step.run))
}
