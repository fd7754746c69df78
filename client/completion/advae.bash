# Bash completion for advae. It asks the program itself, so that it always fits the version.

_advae() {
  local current=${COMP_WORDS[COMP_CWORD]} program=${COMP_WORDS[0]} command="" word i
  local commands
  commands=$("$program" --help 2>/dev/null | sed -n '/^Subcommands:/,/^$/s/^  \([a-z-]*\) .*/\1/p')
  for ((i = 1; i < COMP_CWORD; i++)); do
    for word in $commands; do
      [[ ${COMP_WORDS[i]} == "$word" ]] && command=$word
    done
  done
  if [[ $current == -* ]]; then
    local options
    options=$({ "$program" --help; [[ -n $command ]] && "$program" "$command" --help; } 2>/dev/null |
      sed -n 's/^  \(-[a-z],\)*\(--[a-z-]*\).*/\2/p' | sort -u)
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
  elif [[ -z $command ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  fi
}

complete -o bashdefault -F _advae advae
