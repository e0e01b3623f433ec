//! A plan together with the warnings that came up while it was made.

use mfa_env::error::Result;
use mfa_env::origin::Sourced;
use mfa_env::plan::{Overrides, Plan};
use mfa_env::profile::{Chain, Region};
use mfa_env::variables::Variables;
use mfa_env::warning::Warnings;
use std::ops::Deref;

#[derive(Debug)]
pub struct Planned {
    pub plan: Plan,
    pub warnings: Vec<String>,
}

impl Planned {
    pub fn make(
        chain: Chain,
        overrides: &Overrides,
        ambient_region: Option<Sourced<Region>>,
        variables: &Variables,
    ) -> Result<Planned> {
        let warnings = Warnings::default();
        let plan = Plan::make(chain, overrides, ambient_region, variables, &warnings)?;
        Ok(Planned { plan, warnings: warnings.take().iter().map(ToString::to_string).collect() })
    }
}

impl Deref for Planned {
    type Target = Plan;

    fn deref(&self) -> &Plan {
        &self.plan
    }
}
