//! The AWS files do not say how to sign in.

use crate::support::messages::{Case, DEVICE, ROLE, case, config, credentials, path};
use mfa_env::error::{
    AccessKeyIdProblem, ConfigError as E, IgnoredSection, IgnoredSetting, KeyTextProblem, MissingFile, NameHint,
    SectionFix, SessionHistory, SourceKind, SyntaxError,
};
use mfa_env::origin::Origin;

pub fn cases() -> Vec<Case> {
    [files(), syntax(), names(), keys(), roles(), sources(), endpoints(), hints()].into_iter().flatten().collect()
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn missing(was_view: bool) -> MissingFile {
    let path = if was_view { "/home/alice/.cache/mfa-env/0a1b.config" } else { "/home/alice/aws/config" };
    MissingFile { variable: "AWS_CONFIG_FILE", path: path.into(), was_view }
}

fn section(header: &str, fix: SectionFix) -> IgnoredSection {
    IgnoredSection { header: text(header), origin: config(8), fix }
}

fn fixes() -> [SectionFix; 3] {
    [
        SectionFix::Rewrite { header: text("[profile prod]"), file: "config" },
        SectionFix::Unindent,
        SectionFix::Move { header: text("[profile prod]"), origin: config(3) },
    ]
}

fn files() -> Vec<Case> {
    let none = |named| E::NoFiles {
        config: path("config").to_path_buf(),
        credentials: path("credentials").to_path_buf(),
        named,
    };
    vec![
        case("no files", none(vec![])),
        case("a variable names no file", none(vec![missing(false)])),
        case("a variable names a view that is gone", none(vec![missing(true)])),
        case("no home", E::NoHome),
        case("a relative home", E::HomeRelative { home: text("alice") }),
        case("UTF-16", E::NotUtf8 { path: path("config"), line: 1 }),
        case("a NUL byte", E::NulByte { path: path("config"), line: 3 }),
    ]
}

fn syntax() -> Vec<Case> {
    let of = |problem, is_config| {
        let path = path(if is_config { "config" } else { "credentials" });
        E::Syntax { path, line: 3, problem, is_config }
    };
    vec![
        case("a header without ], config", of(SyntaxError::UnclosedSection, true)),
        case("a header without ], credentials", of(SyntaxError::UnclosedSection, false)),
        case("a setting without a header, config", of(SyntaxError::BeforeFirstSection, true)),
        case("a setting without a header, credentials", of(SyntaxError::BeforeFirstSection, false)),
        case("a line without =", of(SyntaxError::NoEqualsSign, true)),
        case("nothing before =", of(SyntaxError::EmptyKey, true)),
        case("a nested line without =", of(SyntaxError::NestedNoEqualsSign, true)),
        case("nothing before = in a nested line", of(SyntaxError::NestedEmptyKey, true)),
    ]
}

fn names() -> Vec<Case> {
    let not_found =
        |hint, variable, count| E::ProfileNotFound { name: text("prdo"), variable, hint: Box::new(hint), count };
    let similar = |names: &[&str]| NameHint::Similar(names.iter().map(|name| (*name).to_owned()).collect());
    let source = |setting: &str, hint| E::SourceNotFound {
        setting: text(setting),
        profile: text("prod"),
        source: text("mian"),
        origin: config(6),
        hint: Box::new(hint),
    };
    let word = |similar: &[&str]| NameHint::Word {
        meaning: text("to sign in, omit `login`: aws-mfa PROFILE"),
        similar: similar.iter().map(|name| (*name).to_owned()).collect(),
    };
    vec![
        case("a profile that does not exist", not_found(similar(&[]), None, 12)),
        case("the only one has another name", not_found(similar(&[]), None, 1)),
        case("there is none at all", not_found(similar(&[]), None, 0)),
        case("a similar one exists", not_found(similar(&["prod"]), None, 12)),
        case("two similar ones exist", not_found(similar(&["prod", "prd"]), None, 12)),
        case("the name is from a variable", not_found(similar(&["prod"]), Some("AWS_PROFILE"), 12)),
        case("the name is in quotes", not_found(NameHint::Unquoted(text("prod")), None, 12)),
        case("the variable is in quotes", not_found(NameHint::Unquoted(text("prod")), Some("AWS_PROFILE"), 12)),
        case("the word of a command", not_found(word(&[]), None, 12)),
        case("the word of a command, and a similar name", not_found(word(&["log"]), None, 12)),
        case("a source that does not exist", source("source_profile", similar(&[]))),
        case("a source with a similar name", source("source_profile", similar(&["main"]))),
        case("an included profile that does not exist", source("include_profile", similar(&[]))),
    ]
}

fn keys() -> Vec<Case> {
    let partial = |elsewhere| E::PartialKeys {
        profile: text("main"),
        missing: "aws_secret_access_key",
        found: credentials(2),
        elsewhere,
    };
    let id = |problem| E::BadAccessKeyId { origin: credentials(2), problem };
    let key = |problem| E::BadKeyText { setting: "aws_secret_access_key", origin: credentials(3), problem };
    let character = |character| key(KeyTextProblem::Character { character, position: 7 });
    let none = |source_of| E::NoCredentials { profile: text("main"), source_of };
    vec![
        case("no credentials", none(None)),
        case("no credentials in the source", none(Some(text("prod")))),
        case("no secret", partial(None)),
        case("the secret is in the other file", partial(Some(config(3)))),
        case("no token", E::TemporaryWithoutToken { profile: text("tmp"), found: credentials(5) }),
        case("ID and secret exchanged", id(AccessKeyIdProblem::Swapped { secret: credentials(3) })),
        case("the ID in quotes", id(AccessKeyIdProblem::Quoted)),
        case("a character in the ID", id(AccessKeyIdProblem::Characters)),
        case("the secret continues", key(KeyTextProblem::Continued { with_header: false })),
        case("the secret continues with a header", key(KeyTextProblem::Continued { with_header: true })),
        case("the secret in quotes", key(KeyTextProblem::Quoted)),
        case("a space in the secret", character(' ')),
        case("a tab in the secret", character('\t')),
        case("a no-break space in the secret", character('\u{a0}')),
        case("a control character in the secret", character('\u{1b}')),
        case("a letter with an accent in the secret", character('é')),
    ]
}

fn roles() -> Vec<Case> {
    let no_source = |has_keys, only_source| E::RoleWithoutSource {
        profile: text("prod"),
        origin: config(5),
        has_keys,
        only_source,
    };
    let source_only =
        |source_of| E::SourceWithoutRole { profile: text("prod"), source: text("main"), origin: config(6), source_of };
    let no_device = |default_has_one, of_other_tools| E::NoDevice {
        profile: text("main"),
        header: text("[profile main]"),
        default_has_one,
        of_other_tools,
    };
    let session = |history| E::SessionCannotStartSession { profile: text("tmp"), found: credentials(5), history };
    let history = |ended: bool, made_from: Option<&str>, has_device| {
        Some(Box::new(SessionHistory {
            ended: ended.then(|| (text("2026-07-22 10:18"), credentials(9))),
            made_from: made_from.map(str::to_owned),
            has_device,
        }))
    };
    vec![
        case("a role without a source", no_source(false, None)),
        case("a role without a source, with keys", no_source(true, None)),
        case("a role without a source, and one profile has keys", no_source(false, Some(text("main")))),
        case("a source without a role", source_only(None)),
        case("a source without a role, on the way", source_only(Some(text("app")))),
        case("an empty source", E::SourceEmpty { profile: text("prod"), origin: config(6) }),
        case("two sources", E::TwoSources { profile: text("prod"), first: config(6), second: config(7) }),
        case("a loop", E::Loop { names: vec![text("a"), text("b"), text("a")] }),
        case("a long chain", E::TooManyHops { limit: 10 }),
        case("no device", no_device(None, None)),
        case("no device, but [default] has one", no_device(Some(config(2)), None)),
        case("no device, but one for other tools", no_device(None, Some(text(DEVICE)))),
        case("a session cannot start a session", session(None)),
        case("an expired session of another tool", session(history(true, None, false))),
        case("an expired session of another tool, made from main", session(history(true, Some("main"), true))),
        case("a session of another tool, made from main", session(history(false, Some("main"), false))),
    ]
}

fn sources() -> Vec<Case> {
    let of = |kind| E::SourceUnsupported { profile: text("dev"), kind, origin: config(11) };
    vec![
        case("IAM Identity Center", of(SourceKind::Sso)),
        case("aws login", of(SourceKind::Login)),
        case("web identity", of(SourceKind::WebIdentity)),
        case("credential_process", of(SourceKind::Process)),
        case("credential_process with mfa-env", of(SourceKind::MfaEnv)),
        case("credential_source", of(SourceKind::CredentialSource)),
        case(
            "two partitions",
            E::PartitionMismatch {
                first: text(ROLE),
                first_origin: config(5),
                second: text("region cn-north-1"),
                second_origin: Origin::Variable("AWS_REGION"),
            },
        ),
    ]
}

fn endpoints() -> Vec<Case> {
    let variable = || Origin::Variable("AWS_ENDPOINT_URL_STS");
    let not_url = |url: &str, origin| E::EndpointNotUrl { url: text(url), origin };
    let services = |similar| E::ServicesNotFound { name: text("dev"), origin: config(9), similar };
    vec![
        case(
            "an endpoint and FIPS",
            E::EndpointWithVariants { origin: variable(), variant: Origin::Variable("AWS_USE_FIPS_ENDPOINT") },
        ),
        case("an endpoint without https://", not_url("sts.example.com", variable())),
        case("an endpoint in quotes", not_url("\"https://sts.example.com\"", variable())),
        case("an endpoint in quotes in a file", not_url("\"https://sts.example.com\"", config(9))),
        case("a plain endpoint", E::EndpointPlainHttp { url: text("http://sts.example.com"), origin: config(9) }),
        case("no endpoint of IAM", E::NoIamEndpoint { sts: Some(variable()) }),
        case("no endpoint of IAM at all", E::NoIamEndpoint { sts: None }),
        case(
            "a value of a set",
            E::BadSetting {
                name: "sts_regional_endpoints",
                value: text("regionl"),
                origin: config(9),
                valid: "regional or legacy",
            },
        ),
        case("no [services]", services(vec![])),
        case("a similar [services]", services(vec![text("dev2")])),
    ]
}

fn hints() -> Vec<Case> {
    let not_found = |fix| E::ProfileNotFound {
        name: text("prod"),
        variable: None,
        hint: Box::new(NameHint::Ignored(section("[prod]", fix))),
        count: 3,
    };
    let no_role = || {
        Box::new(E::SourceWithoutRole {
            profile: text("prod"),
            source: text("main"),
            origin: config(6),
            source_of: None,
        })
    };
    let ignored = |fix| E::Ignored {
        problem: no_role(),
        setting: Box::new(IgnoredSetting { key: "role_arn", origin: config(9), section: section("[prod]", fix) }),
    };
    let [rewrite, unindent, move_it] = fixes();
    let [rewrite_setting, unindent_setting, move_setting] = fixes();
    vec![
        case("a header that is not read", not_found(rewrite)),
        case("an indented header", not_found(unindent)),
        case("a header that is read elsewhere", not_found(move_it)),
        case("a setting under a header that is not read", ignored(rewrite_setting)),
        case("a setting under an indented header", ignored(unindent_setting)),
        case("a setting under a header that is read elsewhere", ignored(move_setting)),
        case(
            "a misspelt setting",
            E::Misspelled { problem: no_role(), key: text("role-arn"), origin: config(9), meant: "role_arn" },
        ),
        case("what is missing may be in a file", E::WithoutFile { problem: no_role(), files: vec![missing(false)] }),
        case("what is missing was in a view", E::WithoutFile { problem: no_role(), files: vec![missing(true)] }),
    ]
}
