//! What doctor says to do about what it has found.

use crate::clock::SET_CLOCK;
use crate::diagnosis::Advice;
use crate::function_name::function_name;
use crate::origin::Origin;
use std::fmt::{self, Display, Formatter};

/// What to do about the finding of a check. Lines are typed in the user's shell; untrusted parts of texts are escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DoctorAdvice {
    /// What the error says with which a sign-in fails.
    OfError(String),
    /// What other messages say about a problem of the variables.
    OfProblem(Advice),
    /// A file or its folder is open to others.
    CloseFile { line: String },
    /// A file belongs to somebody else.
    OwnFile { line: String },
    /// The files are read through a view, which no program can change.
    LeaveView,
    /// The view is out of date.
    UpdateView(String),
    /// The variables have keys or an identity that mfa-env has not put there.
    SignInInstead(Advice),
    /// The function in the shell is not of this version.
    StartNewShell,
    /// No startup file defines the function.
    AddLine { file: String, line: String },
    /// There is no function for this shell.
    UseExec { profile: String },
    /// An alias may hide the function.
    RemoveAlias,
    /// The cache is open to others.
    CloseCache { line: String },
    /// The cache that the user has named cannot be used.
    UseUsualCache { line: String },
    /// The system does not let the user write to the cache.
    UseOtherCache { line: String },
    /// Something else is in the place of the cache, or somebody else's directory.
    MoveCache { line: String },
    /// A certificate that is not the system's is trusted.
    RemoveCertificate(Removal),
    /// The endpoint is not AWS.
    RemoveEndpoint(Removal),
    /// The clock is wrong.
    SetClock,
    /// The keys are those of the root user.
    CreateUser,
    /// The profile names a device that is not the user's, who has this one.
    WriteDevice { serial: String },
    /// The profile names a device that is not the user's, who has several.
    WriteOneDevice { profile: String },
    /// The profile names no device, and the user has this one.
    AddDevice { header: String, serial: String },
    /// The profile names no device, and the user has several.
    AddOneDevice { profile: String },
    /// The user has no device.
    Enroll { profile: String },
    /// The user has only devices without codes.
    EnrollApp { profile: String },
}

/// How to get rid of a setting that may be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removal {
    /// It is this variable.
    Variable(Advice),
    /// It is at this place.
    Place(Origin),
}

impl Display for DoctorAdvice {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            DoctorAdvice::OfError(text) | DoctorAdvice::UpdateView(text) => f.write_str(text),
            DoctorAdvice::OfProblem(advice) | DoctorAdvice::SignInInstead(advice) => advice.fmt(f),
            DoctorAdvice::CloseFile { line } | DoctorAdvice::CloseCache { line } => {
                write!(f, "close it to them with: {line}")
            }
            DoctorAdvice::OwnFile { line } => write!(f, "make it yours with: {line}"),
            DoctorAdvice::LeaveView => {
                let function = function_name();
                write!(f, "`aws configure` needs the files themselves; leave the view first with: {function} unset")
            }
            DoctorAdvice::StartNewShell => f.write_str("start a new shell"),
            DoctorAdvice::AddLine { file, line } => write!(f, "add this line to {file}:\n{line}"),
            DoctorAdvice::UseExec { profile } => {
                write!(f, "sign in for a command with: mfa-env exec {profile} -- COMMAND")
            }
            DoctorAdvice::RemoveAlias => f.write_str("remove that line, or give the alias another name"),
            DoctorAdvice::UseUsualCache { line } => write!(f, "use the usual one with: {line}"),
            DoctorAdvice::UseOtherCache { line } => write!(f, "use another one with: {line}"),
            DoctorAdvice::MoveCache { line } => write!(f, "move it out of the way with: {line}"),
            DoctorAdvice::RemoveCertificate(removal) => {
                write!(f, "whoever made that certificate can read what is sent; {removal}")
            }
            DoctorAdvice::RemoveEndpoint(removal) => {
                write!(f, "it does not belong to AWS, and sign-ins send the code there; {removal}")
            }
            DoctorAdvice::SetClock => write!(f, "set the clock with: {SET_CLOCK}"),
            DoctorAdvice::CreateUser => {
                f.write_str("create an IAM user, and delete this key: nothing limits what it may do")
            }
            DoctorAdvice::WriteDevice { serial } => write!(f, "write there: mfa_serial = {serial}"),
            DoctorAdvice::WriteOneDevice { profile } => write!(f, "write one of these there: mfa-env device {profile}"),
            DoctorAdvice::AddDevice { header, serial } => write!(f, "add to {header}: mfa_serial = {serial}"),
            DoctorAdvice::AddOneDevice { profile } => {
                write!(f, "add one of them as mfa_serial: mfa-env device {profile}")
            }
            DoctorAdvice::Enroll { profile } => write!(f, "register one: mfa-env enroll {profile}"),
            DoctorAdvice::EnrollApp { profile } => {
                write!(f, "register an authenticator app as well: mfa-env enroll {profile}")
            }
        }
    }
}

impl Display for Removal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Removal::Variable(advice) => write!(f, "if it is not meant, {advice}"),
            Removal::Place(origin) => write!(f, "if it is not meant, remove {origin}"),
        }
    }
}
