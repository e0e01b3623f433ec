# mfa-env for zsh. In ~/.zshrc, after compinit:   eval "$(mfa-env init zsh)"

# Signs this shell in:   aws-mfa PROFILE [CODE]   aws-mfa CODE   aws-mfa unset
# What export and unset print is evaluated; every other command of mfa-env runs as it is.
aws-mfa() {
  # Neither `set -x` nor `set -v` may show what is evaluated.
  { setopt localoptions noxtrace noverbose } 2>/dev/null
  case ${1-} in
  (MFA_ENV_PRINTING_COMMANDS|-h|--help|-V|--version)
    command mfa-env "$@" ;;
  (unset)
    shift
    eval "$(command mfa-env unset --shell zsh "$@" || printf '\n(exit %s)' "$?")" ;;
  (export)
    shift
    eval "$(command mfa-env export --shell zsh "$@" || printf '\n(exit %s)' "$?")" ;;
  (*)
    # Killed, a program prints nothing, and evaluating nothing succeeds; so its status is evaluated too.
    eval "$(command mfa-env export --shell zsh "$@" || printf '\n(exit %s)' "$?")" ;;
  esac
}

_mfa_env_complete() {
  local -a fitting
  fitting=("${(@f)$(command mfa-env __complete "$((CURRENT - 1))" "${(@Q)words[1,CURRENT-1]}" "$PREFIX" 2>/dev/null)}")
  [[ -n $fitting ]] && compadd -- $fitting
}
(( ! $+functions[compdef] )) || compdef _mfa_env_complete mfa-env aws-mfa
