//! Registering an MFA device: it is created, its seed is shown, and two codes in a row enable it. A device that was created
//! but not enabled is removed again, however that ends.

mod otpauth;
mod owner;
mod qr;
mod sheet;

pub use otpauth::{DeviceName, otpauth_uri};
pub use owner::{Owner, device_of, plan_of_keys, with_repaired_device};

use crate::context::Context;
use crate::credentials::{Keys, Secret, TokenCode};
use crate::error::{DeviceError, Error, FileError, IamRefusal, Refusal, Result};
use crate::iam::NewDevice;
use crate::mfa::{PromptStyle, TwoCodes};
use crate::origin::{Origin, Sourced};
use crate::plan::{DeviceLock, StsCall, device_lock};
use crate::platform::{self, Interruption, SecretScreen, Terminal};
use crate::printable::printable;
use crate::profile::MfaSerial;
use crate::session::Cache;
use sheet::Sheet;

/// How often two codes may be rejected.
const MAX_ATTEMPTS: u32 = 3;

/// Where the seed goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeedOutput {
    /// To the terminal, as a QR code and as text.
    Terminal,
    /// To standard output, as an `otpauth` URI for a password manager.
    Stdout,
}

/// The registration of one device.
pub struct Registration<'a> {
    /// Whose device it will be.
    pub owner: &'a Owner<'a>,
    /// The keys that sign the calls: those of the user, or those of a session with MFA.
    pub keys: &'a Keys,
    /// Its name.
    pub name: &'a DeviceName,
    /// Where its seed goes.
    pub output: SeedOutput,
    /// Where the codes are asked for.
    pub terminal: &'a Terminal,
    /// The outside world.
    pub context: &'a Context,
}

/// How far the registration has got.
enum Progress {
    Enabled,
    /// A signal ends this process.
    Interrupted,
}

impl Registration<'_> {
    /// Registers the device. If a signal interrupts it, the process ends by that signal.
    ///
    /// # Errors
    /// A call fails, or the codes are not typed or rejected. Then the device was removed again, or named.
    pub fn run(&self) -> Result<MfaSerial> {
        let iam = &self.owner.iam;
        let mut interruption = Interruption::catch().map_err(|e| Error::File(FileError::Exhausted(e.to_string())))?;
        let device = iam.create_device(self.keys, self.name.as_str()).map_err(|e| self.not_created(e))?;
        let registered = MfaSerial::parse(&device.serial)
            .map_err(|_| DeviceError::UnusableSerial { serial: device.serial.clone() }.into())
            .and_then(|serial| Ok((serial, self.enable(&device, &mut interruption)?)));
        let result = match registered {
            Ok((serial, Progress::Enabled)) => Ok(serial),
            Ok((_, Progress::Interrupted)) => {
                self.remove(&device.serial);
                Err(Error::Unexpected("a signal has not ended the process".to_owned()))
            }
            Err(e) => {
                self.remove(&device.serial);
                Err(e)
            }
        };
        if let (Ok(serial), Some(_)) = (&result, Interruption::signal()) {
            self.context.report.notice(&format!("MFA device {} is registered", printable(serial.as_str())));
        }
        drop(interruption);
        if let Some(signal) = Interruption::signal() {
            platform::die_of(signal);
        }
        result
    }

    /// Shows the seed, and asks for codes until AWS accepts two.
    fn enable(&self, device: &NewDevice, interruption: &mut Interruption) -> Result<Progress> {
        let uri = |label: &str| otpauth_uri(label, &device.seed);
        let _screen = match self.output {
            SeedOutput::Terminal => {
                let sheet = Sheet::of(&device.seed, &self.name.labels(&self.owner.account), uri);
                let style = sheet::Style::of(self.terminal, &self.context.variables);
                Some(SecretScreen::show(self.terminal, &sheet.text(style), style.has_alternate_screen())?)
            }
            SeedOutput::Stdout => {
                let label = &self.name.labels(&self.owner.account)[0];
                write_uri(&uri(label))?;
                None
            }
        };
        let style = PromptStyle::on_terminal(&self.context.variables);
        let account = printable(&self.owner.account);
        let device_shown = format!("{} ({account}){}", printable(self.name.as_str()), self.owner.destination());
        let codes = TwoCodes { terminal: self.terminal, device: device_shown, style };
        let mut attempts_left = MAX_ATTEMPTS;
        loop {
            let offset = self.owner.iam.clock_offset().unwrap_or(0);
            let Some([first, second]) = codes.ask(offset, interruption)? else { return Ok(Progress::Interrupted) };
            let enabled = self.owner.iam.enable_device(self.keys, &self.owner.user, &device.serial, [&first, &second]);
            let e = match enabled {
                Ok(()) => {
                    self.remember_codes(device, &[first, second]);
                    return Ok(Progress::Enabled);
                }
                Err(e) => e,
            };
            attempts_left -= 1;
            match &e {
                Error::Aws(refusal) if is(&refusal.reason, IamRefusal::InvalidCodes) && attempts_left > 0 => {
                    self.terminal.say(&format!("mfa-env: {}; enter the next two", e.what()))?;
                }
                // The response was lost, perhaps after AWS had enabled the device.
                Error::Network(problem) if problem.code_may_be_used && self.is_enabled(&device.serial) => {
                    return Ok(Progress::Enabled);
                }
                _ => return Err(e),
            }
        }
    }

    /// The codes cannot be used again, not even by the sign-in that follows.
    fn remember_codes(&self, device: &NewDevice, codes: &[TokenCode]) {
        let Ok(serial) = MfaSerial::parse(&device.serial) else { return };
        let source = self.owner.plan.call.source().clone();
        let call = StsCall::mfa_session(source, Sourced::new(serial, Origin::Listed), None);
        let lock = device_lock(DeviceLock::Calling, &call, &self.owner.plan);
        let cache = Cache::of(&self.context.variables, &self.context.warnings);
        for code in codes {
            cache.add_used_code(&lock, code, false);
        }
    }

    fn is_enabled(&self, serial: &str) -> bool {
        let listed = self.owner.iam.devices_of(self.keys, &self.owner.user);
        listed.is_ok_and(|devices| devices.iter().any(|device| device.serial == serial))
    }

    /// Adds what is known about the device: if no response came, it may have been created.
    fn not_created(&self, e: Error) -> Error {
        let serial = self.owner.serial_of(self.name);
        match e {
            Error::Network(problem) if problem.is_sent => {
                self.context.show_error(&DeviceError::PerhapsCreated { serial }.into());
                Error::Network(problem)
            }
            Error::Aws(refusal) if is(&refusal.reason, IamRefusal::Exists) => {
                DeviceError::Exists { serial, name: self.name.as_str().to_owned(), said: refusal.aws_said() }.into()
            }
            e => e,
        }
    }

    /// Removes the device, or says how to remove it.
    fn remove(&self, serial: &str) {
        let (report, shown) = (&self.context.report, printable(serial).to_string());
        match self.owner.iam.delete_device(self.keys, serial) {
            Ok(()) => report.notice(&format!("removed MFA device {shown} again, which was not enabled")),
            Err(Error::Aws(refusal)) if is(&refusal.reason, IamRefusal::NotFound) => {}
            Err(Error::Aws(refusal)) if is(&refusal.reason, IamRefusal::InUse) => {
                report.notice(&format!("MFA device {shown} is enabled all the same"));
            }
            Err(e) => {
                let (serial, why) = (serial.to_owned(), e.what());
                self.context.show_error(&DeviceError::LeftBehind { serial, why }.into());
            }
        }
    }
}

fn is(reason: &Refusal, iam: IamRefusal) -> bool {
    matches!(reason, Refusal::Iam { reason, .. } if *reason == iam)
}

/// Writes the URI to standard output, and ends that, so that its reader goes on.
fn write_uri(uri: &Secret) -> Result<()> {
    let line = zeroize::Zeroizing::new(format!("{}\n", uri.expose()));
    platform::write_stdout(line.as_bytes()).map_err(|e| FileError::Stdout(e.kind().to_string()))?;
    platform::end_stdout();
    Ok(())
}
