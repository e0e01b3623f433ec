# mfa-env for bash 3.2 and later. In ~/.bashrc:   eval "$(mfa-env init bash)"

# Sign in to AWS:   aws-mfa PROFILE [CODE]   aws-mfa CODE   aws-mfa unset
# The output of export and unset is evaluated; every other command of mfa-env runs unchanged.
aws-mfa() {
  # Keep the session out of `set -x` and `set -v`.
  case $- in
  (*x*) { set +x; } 2>/dev/null; aws-mfa "$@"; set -- "$?"; set -x; return "$1" ;;
  (*v*) { set +v; } 2>/dev/null; aws-mfa "$@"; set -- "$?"; set -v; return "$1" ;;
  esac
  case ${1-} in
  (MFA_ENV_PRINTING_COMMANDS|-h|--help|-V|--version)
    command mfa-env "$@" ;;
  (unset)
    shift
    eval "$(command mfa-env unset --shell bash "$@" || printf '\n(exit %s) </dev/null && </dev/null/.' "$?")" ;;
  (export)
    shift
    eval "$(command mfa-env export --shell bash "$@" || printf '\n(exit %s) </dev/null && </dev/null/.' "$?")" ;;
  (*)
    # A killed program prints nothing, and evaluating nothing succeeds; so evaluate its status as well.
    eval "$(command mfa-env export --shell bash "$@" || printf '\n(exit %s) </dev/null && </dev/null/.' "$?")" ;;
  esac
}

# `compgen -W` would execute a $(…) in a profile name; reading line by line does not.
_mfa_env_complete() {
  local at=$COMP_CWORD current=${COMP_WORDS[COMP_CWORD]} breaks=$'\n' head='' word fits
  COMPREPLY=()
  # Profile names may contain : and =, which bash treats as word breaks: it replaces only the text after the last one.
  # `head` is the text before that; mfa-env needs it, and it is removed from the candidates below. Bash 3.2 leaves it
  # in the current word; later versions make it separate words.
  case $COMP_WORDBREAKS in *:*) breaks+=: ;; esac
  case $COMP_WORDBREAKS in *=*) breaks+='=' ;; esac
  case $current in
  [\'\"]*) ;;
  *["$breaks"]*) head=$current current=${current##*["$breaks"]} head=${head%"$current"} ;;
  esac
  while [ "$at" -gt 1 ] && case ${COMP_WORDS[at-1]}${COMP_WORDS[at]} in
    *["$breaks"]|*["$breaks"]"${COMP_WORDS[at]}"|"${COMP_WORDS[at-1]}"["$breaks"]*) ;;
    *) false ;;
  esac; do
    at=$((at - 1))
    head=${COMP_WORDS[at]}$head
  done
  local typed=$head$current
  while IFS= read -r word; do
    case $typed in
    \'*) fits=\'${word//\'/\'\\\'\'} ;;
    \"*) fits=${word//\\/\\\\} fits=${fits//\"/\\\"} fits=${fits//\$/\\\$} fits=\"${fits//\`/\\\`} ;;
    *) printf -v fits '%q' "$word" ;;
    esac
    case $fits in
    "$typed"*) ;;
    *) case $word in "$typed"*) ;; *) continue ;; esac ;;
    esac
    fits=${fits#"$head"}
    case $typed in [\'\"]*) fits=${fits#?} ;; esac
    COMPREPLY+=("$fits")
  done < <(command mfa-env __complete "$at" "${COMP_WORDS[@]:0:at}" "$typed" 2>/dev/null)
}
complete -F _mfa_env_complete mfa-env aws-mfa
