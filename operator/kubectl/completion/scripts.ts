/**
 * Completion for whoever calls `kubectl-io` itself; `kubectl io` is completed by kubectl's own
 * script, which asks the program `kubectl_complete-io`.
 */
export const scripts = {
  bash: `# bash completion for kubectl-io: source <(kubectl io completion bash)
_kubectl_io() {
  local out line
  local words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  out="$(kubectl-io __complete "\${words[@]}" 2>/dev/null)" || return
  COMPREPLY=()
  while IFS= read -r line; do
    case "$line" in
      :0) compopt -o default 2>/dev/null ;;
      :*) ;;
      *) COMPREPLY+=("\${line%%$'\\t'*}") ;;
    esac
  done <<<"$out"
}
complete -F _kubectl_io kubectl-io
`,
  zsh: `#compdef kubectl-io
# zsh completion for kubectl-io: source <(kubectl io completion zsh)
_kubectl_io() {
  local line
  local -a found
  while IFS= read -r line; do
    case "$line" in
      :0) _files; return ;;
      :*) ;;
      *) found+=("\${\${line//:/\\\\:}/$'\\t'/:}") ;;
    esac
  done < <(kubectl-io __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
  _describe 'kubectl-io' found
}
compdef _kubectl_io kubectl-io
`,
  fish: `# fish completion for kubectl-io: kubectl io completion fish | source
function __kubectl_io
  set -l words (commandline -opc)[2..-1] (commandline -ct)
  for line in (kubectl-io __complete $words 2>/dev/null)
    switch $line
      case ':0'
        __fish_complete_path (commandline -ct)
      case ':*'
      case '*'
        echo $line
    end
  end
end
complete -c kubectl-io -f -a '(__kubectl_io)'
`,
} as const;
