# mfa-env for zsh. In ~/.zshrc, after compinit:   eval "$(mfa-env init zsh)"

# Sign in to AWS:   aws-mfa PROFILE [CODE]   aws-mfa CODE   aws-mfa unset
# The output of export and unset is evaluated; every other command of mfa-env runs unchanged.
aws-mfa() {
  # Keep the session out of `set -x` and `set -v`.
  { setopt localoptions noxtrace noverbose } 2>/dev/null
  case ${1-} in
  (MFA_ENV_PRINTING_COMMANDS|-h|--help|-V|--version)
    command mfa-env "$@" ;;
  (unset)
    shift
    eval "$(command mfa-env unset --shell zsh "$@" || printf '\n(exit %s) </dev/null && </dev/null/.' "$?")" ;;
  (export)
    shift
    eval "$(command mfa-env export --shell zsh "$@" || printf '\n(exit %s) </dev/null && </dev/null/.' "$?")" ;;
  (*)
    # A killed program prints nothing, and evaluating nothing succeeds; so evaluate its status as well.
    eval "$(command mfa-env export --shell zsh "$@" || printf '\n(exit %s) </dev/null && </dev/null/.' "$?")" ;;
  esac
}

_mfa_env_complete() {
  local -a fitting
  fitting=("${(@f)$(command mfa-env __complete "$((CURRENT - 1))" "${(@Q)words[1,CURRENT-1]}" "$PREFIX" 2>/dev/null)}")
  [[ -n $fitting ]] && compadd -- $fitting
}
(( ! $+functions[compdef] )) || compdef _mfa_env_complete mfa-env aws-mfa
