//! What people see first: where the profile leads, the calls in one line each, and what is wrong.

use super::super::summary::style_of_time;
use super::Explanation;
use crate::clock;
use crate::http;
use crate::plan::Signer;
use crate::printable::printable;
use crate::sign_in::{Step, StepState};
use crate::style::{Screen, Style};
use crate::width::{shortened, width};
use std::borrow::Cow;
use textwrap::{Options, WordSeparator, WordSplitter};

/// Between columns.
const GAP: &str = "  ";
/// In columns, before the number of a call.
const INDENT: usize = 2;
/// Where the text next to a heading begins, as in the details.
const TEXT: usize = 10;
/// In columns. Text that had less room would be one word per line.
const NARROWEST: usize = 20;

/// A call in words.
struct Call {
    /// `AssumeRole admin`.
    name: String,
    /// `keys of main (AKIA…), MFA device alice`.
    signer: String,
    /// The same without the access key ID.
    signer_in_short: String,
    /// `12 h`.
    duration: String,
    /// `cached until 21:04`.
    state: (Style, String),
}

impl Explanation<'_> {
    /// Ends in a newline.
    pub(super) fn overview(&self, screen: &Screen) -> String {
        let mut page = Page { text: String::new(), screen };
        let name = printable(self.profile.value.as_str()).to_string();
        page.paragraph(&name, Style::Name, width(&name) + GAP.len(), &self.target());
        let calls: Vec<Call> = self.steps.list.iter().enumerate().map(|(at, step)| self.call(step, at)).collect();
        page.calls(&calls);
        page.line("code", Style::Plain, &self.code());
        let endpoint = &self.plan.endpoint;
        if let Some(url) = &endpoint.url {
            page.line("via", Style::Plain, &format!("{} ({})", printable(&endpoint.host()), url.origin));
        }
        for note in endpoint.trust_notes() {
            page.line("TLS", Style::Plain, &note);
        }
        if let Some(proxy) = http::proxy(endpoint) {
            page.line("proxy", Style::Plain, &printable(&proxy).to_string());
        }
        for warning in &self.warnings {
            page.line("warning", Style::Attention, &warning.to_string());
        }
        page.text
    }

    /// `role admin, account 123456789012, region eu-central-1`
    fn target(&self) -> String {
        let call = &self.plan.call;
        let role_or_user = match (call.role_arn(), &self.user_name) {
            (Some(role), _) => format!("role {}", printable(role.name())),
            (None, Some(user)) => format!("user {}", user.as_str()),
            (None, None) => "MFA session".to_owned(),
        };
        let account = call.account().map(|account| format!("account {}", printable(account)));
        let region = self.plan.region.as_ref().map(|region| format!("region {}", region.value));
        let all: Vec<String> = [Some(role_or_user), account, region].into_iter().flatten().collect();
        all.join(", ")
    }

    /// A call, which is signed with the session of the call before it, or with the keys. That one has this `number`.
    fn call(&self, step: &Step<'_>, number: usize) -> Call {
        let call = step.call;
        let name = match call.role_arn() {
            // The account of the last role is above.
            Some(role) if Some(role.account()) == self.plan.call.account() => {
                format!("{} {}", call.name(), printable(role.name()))
            }
            Some(role) => format!("{} {}@{}", call.name(), printable(role.name()), printable(role.account())),
            None => call.name().to_owned(),
        };
        let device = match &call.mfa {
            Some(device) if device.value.is_not_listed_yet() => ", MFA device not known yet".to_owned(),
            Some(device) => format!(", MFA device {}", printable(device.value.name())),
            None => String::new(),
        };
        let (signer, signer_in_short) = match &call.signer {
            Signer::Session(_) => (format!("with session {number}"), format!("with session {number}")),
            Signer::Keys(source) => {
                let keys = format!("keys of {}", printable(source.profile.as_str()));
                let id = source.source.access_key_id().map(|id| format!(" ({})", printable(id)));
                (format!("{keys}{}{device}", id.unwrap_or_default()), format!("{keys}{device}"))
            }
        };
        let state = match (&step.state, step.cached_until()) {
            (_, Some(end)) => (style_of_time(end.unix() - clock::now()), format!("cached until {}", end.local_time())),
            (StepState::NotNeeded, None) => (Style::Plain, "not needed".to_owned()),
            (StepState::ToMake | StepState::Cached(_), None) => (Style::Plain, "not yet".to_owned()),
        };
        Call { name, signer, signer_in_short, duration: call.duration.value.to_string(), state }
    }
}

/// What follows the overview without the details.
pub(super) fn more(screen: &Screen) -> String {
    format!("{}\n", screen.paint(Style::Aside, "(details: add --verbose)"))
}

/// Text that fits the screen.
struct Page<'a> {
    text: String,
    screen: &'a Screen,
}

impl Page<'_> {
    fn line(&mut self, heading: &str, style: Style, text: &str) {
        self.paragraph(heading, style, TEXT, text);
    }

    /// A heading, and next to it text in lines that begin at this column.
    fn paragraph(&mut self, heading: &str, style: Style, column: usize, text: &str) {
        let column = match self.screen.columns {
            Some(columns) if column + NARROWEST > columns => INDENT,
            _ => column,
        };
        let heading = shortened(heading, self.screen.columns.unwrap_or(usize::MAX), self.screen.ellipsis);
        self.screen.push(&mut self.text, style, &heading);
        let mut padding = column.checked_sub(width(&heading));
        for line in self.wrapped(text, column) {
            if padding.is_none() {
                self.text.push('\n');
            }
            self.text.push_str(&" ".repeat(padding.unwrap_or(column)));
            self.text.push_str(&line);
            padding = None;
        }
        self.text.push('\n');
    }

    /// The lines of a text that begins at this column. Only spaces break lines, so that values can be copied.
    fn wrapped<'t>(&self, text: &'t str, column: usize) -> Vec<Cow<'t, str>> {
        let Some(columns) = self.screen.columns else { return vec![text.into()] };
        let options = Options::new(columns.saturating_sub(column).max(NARROWEST))
            .word_separator(WordSeparator::AsciiSpace)
            .word_splitter(WordSplitter::NoHyphenation)
            .break_words(false);
        textwrap::wrap(text, options)
    }

    /// The calls, each in one line if the screen is wide enough.
    fn calls(&mut self, calls: &[Call]) {
        let number = calls.len().to_string().len();
        let begin = INDENT + number + GAP.len();
        for signer in [|call: &Call| call.signer.clone(), |call: &Call| call.signer_in_short.clone()] {
            let lines: Vec<[String; 3]> =
                calls.iter().map(|call| [call.name.clone(), signer(call), call.duration.clone()]).collect();
            let widest = |at: usize| lines.iter().map(|line| width(&line[at])).max().unwrap_or_default() + GAP.len();
            let widths = [widest(0), widest(1), widest(2)];
            let state = calls.iter().map(|call| width(&call.state.1)).max().unwrap_or_default();
            let needed = begin + widths.iter().sum::<usize>() + state;
            if self.screen.columns.is_some_and(|columns| needed > columns) {
                continue;
            }
            for (at, (call, line)) in calls.iter().zip(&lines).enumerate() {
                self.text.push_str(&format!("{:INDENT$}{:>number$}{GAP}", "", at + 1));
                for (cell, (text, column)) in line.iter().zip(widths).enumerate() {
                    self.screen.push(&mut self.text, if cell == 0 { Style::Name } else { Style::Plain }, text);
                    self.text.push_str(&" ".repeat(column - width(text)));
                }
                self.screen.push(&mut self.text, call.state.0, &call.state.1);
                self.text.push('\n');
            }
            return;
        }
        for (at, call) in calls.iter().enumerate() {
            let name = self.screen.paint(Style::Name, &call.name);
            self.text.push_str(&format!("{:INDENT$}{:>number$}{GAP}{name}, {}\n", "", at + 1, call.duration));
            self.paragraph("", Style::Plain, begin, &call.signer);
            let state = self.screen.paint(call.state.0, &call.state.1);
            self.text.push_str(&format!("{:begin$}{state}\n", ""));
        }
    }
}
