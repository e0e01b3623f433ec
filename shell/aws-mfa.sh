# mfa-env for dash, ksh, mksh and busybox. In the file that $ENV names:   eval "$(mfa-env init sh)"

# Sign in to AWS:   aws-mfa PROFILE [CODE]   aws-mfa CODE   aws-mfa unset
# The output of export and unset is evaluated; every other command of mfa-env runs unchanged.
# A function name cannot contain a hyphen in these shells, so aws-mfa is an alias.
aws_mfa() {
  # Keep the session out of `set -x` and `set -v`.
  case $- in
  (*x*) { set +x; } 2>/dev/null; aws_mfa "$@"; set -- "$?"; set -x; return "$1" ;;
  (*v*) { set +v; } 2>/dev/null; aws_mfa "$@"; set -- "$?"; set -v; return "$1" ;;
  esac
  case ${1-} in
  (MFA_ENV_PRINTING_COMMANDS|-h|--help|-V|--version)
    command mfa-env "$@" ;;
  (unset)
    shift
    eval "$(command mfa-env unset --shell sh "$@" || printf '\n(exit %s) </dev/null && </dev/null/.' "$?")" ;;
  (export)
    shift
    eval "$(command mfa-env export --shell sh "$@" || printf '\n(exit %s) </dev/null && </dev/null/.' "$?")" ;;
  (*)
    # A killed program prints nothing, and evaluating nothing succeeds; so evaluate its status as well.
    eval "$(command mfa-env export --shell sh "$@" || printf '\n(exit %s) </dev/null && </dev/null/.' "$?")" ;;
  esac
}
alias aws-mfa=aws_mfa
