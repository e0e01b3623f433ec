//! The name of each variant of the errors, and the list of all names, from one list that must be complete to compile.

use mfa_env::error::{
    AccessKeyIdProblem, ConfigError, ConsoleError, DeviceError, Error, FileError, IamRefusal, KeyState, KeyTextProblem,
    NameHint, NetworkCause, NoCode, NoMatch, ProxyCause, Refusal, RotationError, SaveError, SectionFix, SetupError,
    SourceKind, SyntaxError, UnexpectedResponse, UsageError, ValueError,
};

/// An enumeration whose variants have texts of their own.
pub trait Variants {
    /// The names of the variants, after the name of the enumeration.
    const ALL: &'static [&'static str];

    /// The name of this variant, as in `ALL`.
    fn variant(&self) -> &'static str;

    /// The same without the name of the enumeration.
    fn name(&self) -> &'static str {
        let variant = self.variant();
        variant.split_once(' ').map_or(variant, |(_, name)| name)
    }
}

/// A missing variant does not compile, because the match is exhaustive.
macro_rules! variants {
    ($($enumeration:ident: $($variant:ident)+;)+) => {
        /// All variants of all errors.
        pub fn all() -> Vec<&'static str> {
            [$($enumeration::ALL),+].concat()
        }

        $(impl Variants for $enumeration {
            const ALL: &'static [&'static str] =
                &[$(concat!(stringify!($enumeration), " ", stringify!($variant))),+];

            fn variant(&self) -> &'static str {
                match self {
                    $($enumeration::$variant { .. } => concat!(stringify!($enumeration), " ", stringify!($variant)),)+
                }
            }
        })+
    };
}

variants! {
    UsageError: FunctionName Arguments UnknownHelpTopic NotAvailable UnknownShell UnsupportedShell StdoutIsTerminal NotACode
        TwoProfiles ProfileOrCode TwoCodes OptionsUnknown VariableNotUtf8 NotADash OtherToolsOptions NotABoolean NoRole
        RoleWithoutSession ChainedDuration NotAService PrintEnvWithCommand NoCommand NotForEach CodeForDevices
        NotAnAccount ProfileMissing NotQuotable NameInUse NameNotWritable NotInGithubActions AllInFormat NotInEnvFile
        NotAProgramName NotAShim ProfileExists DeviceName SeedNotToPipe StdoutNotTerminal NotADeviceAction
        OnlyForReplace MinTtlTooLong;
    ConfigError: NoFiles NoHome HomeRelative NotUtf8 NulByte Syntax ProfileNotFound SourceNotFound SourceEmpty
        NoCredentials SourceWithoutRole PartialKeys TemporaryWithoutToken BadAccessKeyId BadKeyText RoleWithoutSource
        TwoSources Loop TooManyHops NoDevice SessionCannotStartSession SourceUnsupported PartitionMismatch
        EndpointWithVariants EndpointNotUrl EndpointPlainHttp NoIamEndpoint BadSetting ServicesNotFound Misspelled
        Ignored WithoutFile;
    SyntaxError: UnclosedSection BeforeFirstSection NoEqualsSign EmptyKey NestedNoEqualsSign NestedEmptyKey;
    AccessKeyIdProblem: Swapped Quoted Characters;
    KeyTextProblem: Continued Quoted Character;
    NameHint: Ignored Unquoted Similar Word;
    SectionFix: Rewrite Unindent Move;
    SourceKind: Sso Login WebIdentity Process MfaEnv CredentialSource;
    ValueError: Empty Length Characters Control NotSeconds NotADuration Range NotARoleArn UserArn AccountDigits Quoted
        NotADevice U2fDevice UserAsDevice NotARegion;
    Refusal: WrongCode WrongCodeBefore WrongDevice MfaIncomplete SessionCannotStartSession RoleNotAssumable Denied
        RootCannotAssume UnknownKey UnreadableKeyId WrongSecret Unsigned ClockSkew Expired DurationOverRole
        DurationOverChain InvalidParameter RegionDisabled BadScope OtherIdentity OtherAccount Unusable Iam Other;
    IamRefusal: NotAllowed Exists NotFound LimitExceeded InvalidCodes Unmodifiable InUse;
    NetworkCause: Dns Connect Tls Timeout Busy NotAws CaBundle Proxy;
    UnexpectedResponse: Page Redirect NotHttp CutOff TooLong;
    ProxyCause: Dns Connect Refused;
    NoCode: NoTerminal NoTerminalForRole Background NoInput TerminalInUse NothingEntered NotSixDigits StdinEmpty
        Terminal TimedOut UsedAlready ProcessUsedAlready Process NoAnswer NotConfirmed LockHeld;
    FileError: Unreadable NotAFile TooLarge NotWritten NotReplaced Exhausted Stdout Stdin TextNotRead TextUnreadable
        NotStarted NotStored NoTokenFile NoView NotRestorable NotListening StdoutClosed CallerGone;
    NoMatch: Pattern Account;
    SaveError: LongTermKeys NotOurs SeveralSections OtherSource OtherRegion;
    ConsoleError: NoRole Refused NotAnswered NotOpened;
    DeviceError: NoneRegistered OnlySecurityKeys Several NotFound NoCodes RootUser NotAUser UnusableSerial Exists
        LeftBehind PerhapsCreated NotListed;
    RotationError: TemporaryKeys NotInFiles RootUser NoDevice KeyInEnvironment TwoKeys NoTerminal Running NotInFile
        Unwritable NotAccepted OtherUser Failed Stopped;
    KeyState: Unchanged Lost Removed LeftBehind PartlyWritten Overwritten Written Deactivated;
    SetupError: NobodyToAsk StdoutNotTerminal NotAProfile Taken NoKeyInFile;
}

/// The variants that an error consists of: its own, and those of its parts.
pub fn variants_of(error: &Error) -> Vec<&'static str> {
    match error {
        Error::Usage(e) => vec![e.variant()],
        Error::Config(e) => of_config(e),
        Error::Value(e) => vec![e.problem.variant()],
        Error::Aws(e) => match &e.reason {
            Refusal::Iam { reason, .. } => vec![e.reason.variant(), reason.variant()],
            reason => vec![reason.variant()],
        },
        Error::NoCode(e) => vec![e.variant()],
        Error::Network(e) => match &e.problem {
            NetworkCause::NotAws { response, .. } => vec![e.problem.variant(), response.variant()],
            NetworkCause::Proxy { problem, .. } => vec![e.problem.variant(), problem.variant()],
            problem => vec![problem.variant()],
        },
        Error::File(e) => vec![e.variant()],
        Error::NoMatch(e) => vec![e.variant()],
        Error::Save(e) => vec![e.variant()],
        Error::Console(e) => match e {
            ConsoleError::NotAnswered { response, .. } => vec![e.variant(), response.variant()],
            _ => vec![e.variant()],
        },
        Error::Device(e) => vec![e.variant()],
        Error::Rotation(e) => match &**e {
            RotationError::NotInFiles { kind, .. } => vec![e.variant(), kind.variant()],
            RotationError::Failed { state, .. } | RotationError::Stopped { state, .. } => {
                vec![e.variant(), state.variant()]
            }
            _ => vec![e.variant()],
        },
        Error::Setup(e) => vec![e.variant()],
        Error::Unexpected(_) => Vec::new(),
    }
}

fn of_config(error: &ConfigError) -> Vec<&'static str> {
    let mut names = vec![error.variant()];
    match error {
        ConfigError::Syntax { problem, .. } => names.push(problem.variant()),
        ConfigError::BadAccessKeyId { problem, .. } => names.push(problem.variant()),
        ConfigError::BadKeyText { problem, .. } => names.push(problem.variant()),
        ConfigError::ProfileNotFound { hint, .. } | ConfigError::SourceNotFound { hint, .. } => {
            names.push(hint.variant());
            if let NameHint::Ignored(section) = &**hint {
                names.push(section.fix.variant());
            }
        }
        ConfigError::SourceUnsupported { kind, .. } => names.push(kind.variant()),
        ConfigError::Ignored { setting, .. } => names.push(setting.section.fix.variant()),
        _ => {}
    }
    names
}
