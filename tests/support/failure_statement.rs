//! The statement that makes an evaluation fail, in each dialect.

/// What `--shell SHELL` prints when the program exits with `status`.
pub fn of(shell: &str, status: i32) -> String {
    match shell {
        "fish" => format!("return {status} </dev/null\n"),
        "powershell" | "pwsh" => {
            "Write-Error -CategoryActivity 'mfa-env' -Message 'not signed in' -ErrorAction Stop\n".to_owned()
        }
        _ => format!("(exit {status}) </dev/null && </dev/null/.\n"),
    }
}
