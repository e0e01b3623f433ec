//! What can be done with a device: resync it, remove it, or replace it.

use super::super::outcome::Outcome;
use super::choice::choose;
use crate::context::Context;
use crate::credentials::Keys;
use crate::enrollment::{DeviceName, Owner, Registration, SeedOutput};
use crate::error::{DeviceError, Error, FileError, IamRefusal, NoCode, Refusal, Result, UsageError};
use crate::iam::{DeviceKind, MfaDevice};
use crate::mfa::{self, PromptStyle, TwoCodes};
use crate::origin::{Origin, Sourced};
use crate::plan::{FactKey, Overrides, Plan};
use crate::platform::{self, Interruption, Terminal};
use crate::printable::printable;
use crate::profile::{AwsFiles, DeviceChoice, MfaSerial};
use crate::session::Cache;
use crate::shell::Shell;
use crate::sign_in::{DeviceSetting, Request, own_foreground, sign_in_from};

/// What is done with a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Resync,
    Remove,
    Replace,
}

impl Action {
    pub(super) fn of(word: &str) -> Option<Self> {
        match word {
            "resync" => Some(Action::Resync),
            "remove" => Some(Action::Remove),
            "replace" => Some(Action::Replace),
            _ => None,
        }
    }
}

/// What the action is for.
pub(super) struct Target<'a, 'f> {
    pub files: &'a AwsFiles<'f>,
    /// To sign in with MFA, where that is needed.
    pub request: Request,
    /// The device that was named.
    pub device: Option<String>,
    /// The name of a new device.
    pub name: Option<DeviceName>,
}

pub(super) fn run(action: Action, plan: Plan, target: Target<'_, '_>, context: &Context) -> Result<Outcome> {
    let terminal = Terminal::open()?;
    if action == Action::Replace && !std::io::IsTerminal::is_terminal(&std::io::stdout()) {
        return Err(UsageError::StdoutNotTerminal.into());
    }
    let _own_foreground = own_foreground(context);
    let owner = Owner::of(plan, context)?;
    let keys = owner.keys()?;
    let set = owner.device();
    let profile = owner.source().profile.to_string();
    let device = match (owner.iam.devices_of(&keys, &owner.user), target.device.as_deref().or(set)) {
        // A device that is named need not be listed.
        (Err(Error::Aws(refusal)), Some(serial)) if is_not_allowed(&refusal.reason) => {
            MfaDevice { serial: serial.to_owned(), enabled: None }
        }
        (devices, _) => choose(devices?, target.device.as_deref(), set, &profile, &terminal)?,
    };
    let change = Change { owner: &owner, keys, device, terminal: &terminal, context };
    match action {
        Action::Resync => change.resync(),
        Action::Remove => change.remove(target),
        Action::Replace => change.replace(target),
    }?;
    Ok(Outcome::Exit(0))
}

/// A change of one device.
struct Change<'a> {
    owner: &'a Owner<'a>,
    /// Those of the user.
    keys: Keys,
    device: MfaDevice,
    terminal: &'a Terminal,
    context: &'a Context,
}

impl Change<'_> {
    fn resync(&self) -> Result<()> {
        let MfaDevice { serial, .. } = &self.device;
        if !self.device.has_codes() {
            return Err(DeviceError::NoCodes { serial: serial.clone() }.into());
        }
        let mut interruption = Interruption::catch().map_err(|e| Error::File(FileError::Exhausted(e.to_string())))?;
        let device = format!("{}{}", printable(serial), self.owner.destination());
        let style = PromptStyle::on_terminal(&self.context.variables);
        let codes = TwoCodes { terminal: self.terminal, device, style };
        let offset = self.owner.iam.clock_offset().unwrap_or(0);
        let asked = codes.ask(offset, &mut interruption);
        drop(interruption);
        if let Some(signal) = Interruption::signal() {
            platform::die_of(signal);
        }
        let Some([first, second]) = asked? else { return Err(NoCode::NoAnswer.into()) };
        self.owner.iam.resync_device(&self.keys, &self.owner.user, serial, [&first, &second])?;
        self.context.report.notice(&format!("resynced MFA device {}", printable(serial)));
        Ok(())
    }

    /// Removes the device: without MFA if AWS allows that, and otherwise in a session with MFA.
    fn remove(&self, target: Target<'_, '_>) -> Result<()> {
        let shown = printable(&self.device.serial).to_string();
        let question = format!("Remove MFA device {shown} of {}?", printable(&self.owner.user));
        if !mfa::confirm(self.terminal, &question)? {
            return Err(NoCode::NotConfirmed.into());
        }
        match self.take_away(&self.keys) {
            Err(Error::Aws(refusal)) if is_not_allowed(&refusal.reason) => {
                let session = self.session(target)?;
                self.take_away(&session)?;
            }
            result => result?,
        }
        self.forget();
        self.context.report.notice(&format!("removed MFA device {shown}"));
        let source = self.owner.source();
        if let Some(set) = source.mfa_serial.as_ref().filter(|set| set.value.as_str() == self.device.serial) {
            self.context.report.notice(&format!(
                "profile {} still names it ({}), so remove that line, or register another one with: mfa-env enroll {}",
                printable(source.profile.as_str()),
                set.origin,
                printable(&Shell::Sh.word(source.profile.as_str()))
            ));
        }
        Ok(())
    }

    /// Registers a new device in a session that the old one has made, and then removes the old one.
    fn replace(&self, target: Target<'_, '_>) -> Result<()> {
        let owner = self.owner;
        let name = match &target.name {
            Some(name) => name.clone(),
            None => DeviceName::after(self.old_name())?,
        };
        let session = self.session(target)?;
        let registration = Registration {
            owner,
            keys: &session,
            name: &name,
            output: SeedOutput::Terminal,
            terminal: self.terminal,
            context: self.context,
        };
        let serial = registration.run()?;
        let new = printable(serial.as_str()).to_string();
        self.context.report.notice(&format!("registered MFA device {new} for {}", printable(&owner.user)));
        self.forget();
        let is_set = DeviceSetting { source: owner.source(), serial: &serial }.offer(Some(self.terminal), self.context);
        let old = printable(&self.device.serial).to_string();
        self.take_away(&session).inspect_err(|_| {
            self.context.report.notice(&format!("MFA device {old} was not removed; {new} works already"));
        })?;
        self.context.report.notice(&format!("removed MFA device {old}"));
        is_set
    }

    /// The keys of a session with MFA.
    fn session(&self, target: Target<'_, '_>) -> Result<Keys> {
        let Target { files, mut request, .. } = target;
        let serial = MfaSerial::parse(&self.device.serial)
            .map_err(|_| DeviceError::NoCodes { serial: self.device.serial.clone() })?;
        request.profile = Sourced::new(self.owner.source().profile.clone(), request.profile.origin);
        let mfa_serial = Some(Sourced::new(DeviceChoice::Device(serial), Origin::Listed));
        request.overrides = Overrides { mfa_serial, region: request.overrides.region, ..Overrides::default() };
        let signed_in = sign_in_from(files, request, self.context)?;
        self.context.show_warnings();
        Ok(signed_in.credentials.keys())
    }

    /// Takes the device away from the user, and deletes it if it is a virtual one.
    fn take_away(&self, keys: &Keys) -> Result<()> {
        let (iam, MfaDevice { serial, .. }) = (&self.owner.iam, &self.device);
        iam.deactivate_device(keys, &self.owner.user, serial)?;
        if self.device.kind() != DeviceKind::Virtual {
            return Ok(());
        }
        iam.delete_device(keys, serial).inspect_err(|_| {
            let shown = printable(serial);
            self.context.report.notice(&format!("MFA device {shown} is deactivated, but not deleted"));
        })
    }

    /// A device with another name may have been remembered.
    fn forget(&self) {
        let cache = Cache::of(&self.context.variables, &self.context.warnings);
        cache.forget_device(&FactKey::device(&self.owner.plan));
    }

    /// The name of the device; for one without a name, that of its user.
    fn old_name(&self) -> &str {
        let name = self.device.serial.rsplit('/').next().filter(|_| self.device.kind() == DeviceKind::Virtual);
        name.unwrap_or(&self.owner.user)
    }
}

fn is_not_allowed(reason: &Refusal) -> bool {
    matches!(reason, Refusal::Iam { reason: IamRefusal::NotAllowed, .. })
}
