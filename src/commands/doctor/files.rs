//! The AWS files, and what a sign-in reads from them.

use super::add_warnings;
use super::advice::DoctorAdvice;
use super::check::{Check, Checks};
use super::shell::typing;
use crate::commands::view::{Outdated, used_view};
use crate::context::Context;
use crate::enrollment::plan_of_keys;
use crate::error::{ConfigError, Error};
use crate::platform;
use crate::printable::{printable, printable_path};
use crate::profile::{AwsFiles, Chain, FileKind, FileText};
use crate::sign_in::{Request, plan_for, read_aws_files};
use crate::warning::Warning;
use std::collections::BTreeSet;
use std::path::Path;

/// Reads the files; `None` if there is nothing to look at.
pub(super) fn read(context: &Context, checks: &mut Checks) -> Option<Vec<FileText>> {
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

fn check_texts(texts: &[FileText], context: &Context, checks: &mut Checks) {
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
    checks.extend(texts.iter().filter_map(|text| access_of_file(text, context)));
    let folders: BTreeSet<&Path> = texts.iter().filter_map(|text| text.path.parent()).collect();
    checks.extend(folders.into_iter().filter_map(|folder| access_of_folder(folder, context)));
    let rejected = files.rejected();
    checks.extend(rejected.iter().map(|file| Check::error("files", file.to_string())));
    for (origin, problem) in files.malformed_lines() {
        if rejected.iter().all(|file| file.origin != origin) {
            context.warnings.add(Warning::LineIgnored { origin, problem });
        }
    }
    for difference in files.section_differences() {
        context.warnings.add(Warning::SectionDiffers(difference));
    }
    add_warnings("files", context, checks);
}

/// What others can do with a file. Whoever can change the config file decides what sign-ins run.
fn access_of_file(text: &FileText, context: &Context) -> Option<Check> {
    let (access, path, shown) = (platform::file_access(&text.path)?, &*text.path, printable_path(&text.path));
    let is_secret = text.kind == FileKind::Credentials;
    let typed = typing(context).path(path);
    let closing = if is_secret { "600" } else { "go-w" };
    if access.is_of_other && (is_secret || !access.is_of_root) {
        // In one's own folder, a copy takes its place, whoever owns it.
        let mut copy = path.as_os_str().to_owned();
        copy.push(".copy");
        let copy = typing(context).path(Path::new(&copy));
        let line = format!("cp {typed} {copy} && mv -f {copy} {typed} && chmod {closing} {typed}");
        // Otherwise, it could not be read here.
        let who =
            if access.is_of_root { "root, so others can read it as well" } else { "another user, who can change it" };
        let found = Check::warning("files", format!("{shown} belongs to {who}"));
        return Some(found.advise(&DoctorAdvice::OwnFile { line }));
    }
    let what = match is_secret {
        true if access.is_readable || access.is_writable => format!("other users can read or change {shown}"),
        false if access.is_writable => format!("other users can change {shown}, and so what a sign-in runs"),
        _ => return None,
    };
    let line = format!("chmod {closing} {typed}");
    Some(Check::warning("files", what).advise(&DoctorAdvice::CloseFile { line }))
}

fn access_of_folder(folder: &Path, context: &Context) -> Option<Check> {
    let (access, shown) = (platform::file_access(folder)?, printable_path(folder));
    if access.is_of_other && !access.is_of_root {
        return Some(Check::warning(
            "files",
            format!("{shown} belongs to another user, who can replace what is in it"),
        ));
    }
    let what = access.is_writable.then(|| format!("other users can replace the files in {shown}"))?;
    let found = Check::warning("files", what);
    // Nobody but its owner can close it.
    if access.is_of_other {
        return Some(found);
    }
    let line = format!("chmod go-w {}", typing(context).path(folder));
    Some(found.advise(&DoctorAdvice::CloseFile { line }))
}

/// Checks the profile. Returns whether its keys can be tried.
pub(super) fn check_profile(files: &AwsFiles<'_>, request: &Request, context: &Context, checks: &mut Checks) -> bool {
    const CHECK: &str = "profile";
    let rejected = files.rejected();
    let is_said = |warning: &Warning| match warning {
        Warning::Duplicate { last, .. } => rejected.iter().any(|file| file.origin == *last),
        _ => false,
    };
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
    let warnings = context.warnings.take();
    checks.extend(warnings.iter().filter(|warning| !is_said(warning)).map(|found| Check::warned(CHECK, found)));
    let chain = Chain::walk(files, &request.profile.value, None);
    checks.extend(
        chain
            .iter()
            .flat_map(|chain| files.misspelt_settings(chain))
            .map(|(key, origin, meant)| Check::warned(CHECK, &Warning::SettingMisspelt { key, origin, meant })),
    );
    let has_keys = has_plan && plan_of_keys(files, request, context).is_ok();
    // The same once more.
    drop(context.warnings.take());
    has_keys
}
