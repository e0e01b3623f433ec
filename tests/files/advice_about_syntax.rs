//! Advice about lines and bytes that cannot be read; see `advice.rs`.

use super::advice::{DEVICE, ID, KEYS};
use crate::support::advised::{Case, edit};

trials![advice_about_syntax_works,];

fn advice_about_syntax_works() {
    syntax().iter().for_each(Case::check_error);
}

/// All cases of this file.
pub fn cases() -> Vec<Case> {
    syntax()
}

fn syntax() -> Vec<Case> {
    let config = |kind, text: String| Case::of(kind, &["k"]).config(text).credentials(KEYS);
    let credentials =
        |kind, text: String| Case::of(kind, &["k"]).config(format!("[profile k]\n{DEVICE}")).credentials(text);
    vec![
        config("UnclosedSection", format!("[profile k\n{DEVICE}"))
            .says("~/.aws/config:1: section header without ]\n  write [default] or [profile NAME]")
            .way(&[edit("config", "[profile k\n", "[profile k]\n")]),
        credentials("UnclosedSection", KEYS.replace("[k]", "[k"))
            .says("~/.aws/credentials:1: section header without ]\n  write [NAME]")
            .way(&[edit("credentials", "[k\n", "[k]\n")]),
        config("BeforeFirstSection", format!("# mine\n{DEVICE}"))
            .says(
                "~/.aws/config:2: setting before the first section\n  \
                 put a header such as [default] or [profile NAME] above it",
            )
            .way(&[edit("config", "# mine\n", "# mine\n[profile k]\n")]),
        credentials("BeforeFirstSection", KEYS.replace("[k]\n", ""))
            .says(
                "~/.aws/credentials:1: setting before the first section\n  \
                 put a header such as [default] or [NAME] above it",
            )
            .way(&[edit("credentials", ID, format!("[k]\n{ID}"))]),
        config("NoEqualsSign", format!("[profile k]\n{}", DEVICE.replace(" = ", " ")))
            .says("~/.aws/config:2: line without =\n  write key = value, or start a comment with #")
            .way(&[edit("config", "serial ", "serial = ")])
            .way(&[edit("config", "serial ", "serial: ")]),
        config("NoEqualsSign", format!("[profile k]\nmy phone\n{DEVICE}"))
            .says("~/.aws/config:2: line without =\n  write key = value, or start a comment with #")
            .way(&[edit("config", "my phone", "# my phone")]),
        config("EmptyKey", format!("[profile k]\n= eu-west-1\n{DEVICE}"))
            .says("~/.aws/config:2: setting without a name before =\n  write key = value")
            .way(&[edit("config", "\n= ", "\nregion = ")]),
        config("NestedNoEqualsSign", format!("[profile k]\n{DEVICE}s3 =\n  addressing_style path\n"))
            .says("~/.aws/config:4: nested line without =\n  write key = value")
            .way(&[edit("config", "style path", "style = path")]),
        config("NestedEmptyKey", format!("[profile k]\n{DEVICE}s3 =\n  = path\n"))
            .says("~/.aws/config:4: nested setting without a name before =\n  write key = value")
            .way(&[edit("config", "  = path", "  addressing_style = path")]),
    ]
}
