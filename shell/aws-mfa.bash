# mfa-env for bash 3.2 and later. In ~/.bashrc:   eval "$(mfa-env init bash)"

# Signs this shell in:   aws-mfa PROFILE [CODE]   aws-mfa CODE   aws-mfa unset
# What export and unset print is evaluated; every other command of mfa-env runs as it is.
aws-mfa() {
  # Neither `set -x` nor `set -v` may show what is evaluated.
  case $- in
  (*x*) { set +x; } 2>/dev/null; aws-mfa "$@"; set -- "$?"; set -x; return "$1" ;;
  (*v*) { set +v; } 2>/dev/null; aws-mfa "$@"; set -- "$?"; set -v; return "$1" ;;
  esac
  case ${1-} in
  (MFA_ENV_PRINTING_COMMANDS|-h|--help|-V|--version)
    command mfa-env "$@" ;;
  (unset)
    shift
    eval "$(command mfa-env unset --shell bash "$@" || printf '\n(exit %s)' "$?")" ;;
  (export)
    shift
    eval "$(command mfa-env export --shell bash "$@" || printf '\n(exit %s)' "$?")" ;;
  (*)
    # Killed, a program prints nothing, and evaluating nothing succeeds; so its status is evaluated too.
    eval "$(command mfa-env export --shell bash "$@" || printf '\n(exit %s)' "$?")" ;;
  esac
}

# `compgen -W` would run $(…) found in a profile's name; a loop over lines does not.
_mfa_env_complete() {
  local at=$COMP_CWORD current=${COMP_WORDS[COMP_CWORD]} breaks=$'\n' head='' word fits
  COMPREPLY=()
  # bash replaces only what stands behind a : or = that breaks words, and names may hold both. What stands before it is the head: the
  # program must see it, and it is taken off again below. Bash 3.2 leaves it in the word; later ones make it words of its own.
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
