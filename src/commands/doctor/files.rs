//! The AWS files, and what a sign-in reads from them.

use super::add_warnings;
use super::advice::DoctorAdvice;
use super::check::Check;
use super::shell::typing;
use crate::commands::view::{Outdated, used_view};
use crate::context::Context;
use crate::enrollment::plan_of_keys;
use crate::error::{ConfigError, Error};
use crate::platform;
use crate::printable::{printable, printable_path};
use crate::profile::{AwsFiles, FileKind, FileText};
use crate::sign_in::{Request, plan_for, read_aws_files};
use crate::warning::Warning;

/// Reads the files; `None` if there is nothing to look at.
pub(super) fn read(context: &Context, checks: &mut Vec<Check>) -> Option<Vec<FileText>> {
    let texts = match read_aws_files(&context.variables, &context.warnings) {
        Ok(texts) => texts,
        Err(e) => {
            checks.push(Check::failed("files", &e));
            return None;
        }
    };
    check_texts(&texts, context, checks);
    Some(texts)
}

fn check_texts(texts: &[FileText], context: &Context, checks: &mut Vec<Check>) {
    let files = AwsFiles::index(texts);
    let paths: Vec<String> = texts.iter().map(|text| printable_path(&text.path).to_string()).collect();
    let count = files.names().len();
    let profiles = if count == 1 { "profile" } else { "profiles" };
    checks.push(Check::ok("files", format!("{}: {count} {profiles}", paths.join(", "))));
    if let Some((view, header)) = used_view(&context.variables) {
        let path = printable_path(&view);
        let who = if platform::is_root() { "programs of root" } else { "no program" };
        let shown = format!("this shell reads them through {path}, which {who} can write to");
        checks.push(Check::ok("files", shown).advise(&DoctorAdvice::LeaveView));
        if let Some(Outdated { what, advice }) = Outdated::of(&view, &header, context) {
            let what = what.map(|what| format!(": {what}")).unwrap_or_default();
            let outdated = Check::warning("files", format!("the view is out of date{what}"));
            checks.push(outdated.advise(&DoctorAdvice::UpdateView(advice)));
        }
    }
    for text in texts.iter().filter(|text| text.kind == FileKind::Credentials) {
        if platform::is_open_to_others(&text.path) {
            let what = format!("other users can read or change {}", printable_path(&text.path));
            let line = format!("chmod 600 {}", typing(context).path(&text.path));
            checks.push(Check::warning("files", what).advise(&DoctorAdvice::CloseFile { line }));
        }
    }
    for text in texts.iter().filter(|text| text.has_bom) {
        context.warnings.add(Warning::ByteOrderMark { path: text.path.clone() });
    }
    for (origin, problem) in files.malformed_lines() {
        context.warnings.add(Warning::LineIgnored { origin, problem });
    }
    for difference in files.section_differences() {
        context.warnings.add(Warning::SectionDiffers(difference));
    }
    add_warnings("files", context, checks);
}

/// Checks the profile. Returns whether its keys can be tried.
pub(super) fn check_profile(
    files: &AwsFiles<'_>,
    request: &Request,
    context: &Context,
    checks: &mut Vec<Check>,
) -> bool {
    const CHECK: &str = "profile";
    let name = printable(request.profile.value.as_str()).to_string();
    let has_plan = match plan_for(files, request, &context.variables, &context.warnings) {
        Ok(plan) => {
            let keys = printable(plan.chain.source.profile.as_str()).to_string();
            let message = match plan.chain.roles.first() {
                Some(role) => {
                    let arn = &role.role_arn.value;
                    let (role, account) = (printable(arn.name()).to_string(), printable(arn.account()).to_string());
                    format!("{name}: role {role} in account {account}, with the keys of {keys}")
                }
                None => format!("{name}: its own keys"),
            };
            checks.push(Check::ok(CHECK, message));
            true
        }
        // What a sign-in looks up.
        Err(Error::Config(ConfigError::NoDevice { .. })) => {
            checks.push(Check::ok(CHECK, format!("{name}: its own keys, without mfa_serial")));
            true
        }
        Err(e) => {
            checks.push(Check::failed(CHECK, &e));
            false
        }
    };
    add_warnings(CHECK, context, checks);
    let has_keys = has_plan && plan_of_keys(files, request, context).is_ok();
    // The same once more.
    drop(context.warnings.take());
    has_keys
}
