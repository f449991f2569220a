# Completion of opsctl for bash: verbs, options, and the names of streams,
# scopes, incidents, alerts, silences and rotations, which opsctl asks opsbot
# for (within a second, and silently nothing when it does not know). To have it:
#
#     . deploy/opsctl.bash
#
# or copy it to /usr/share/bash-completion/completions/opsctl.

_opsctl() {
    local line word before candidate IFS=$' \t\n'
    local -a words=()

    # bash takes words apart at ":" and "="; opsctl does not.
    line=${COMP_LINE:0:COMP_POINT}
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    word=${words[-1]}

    # What bash leaves in place: up to the last break in the word.
    before=${word%"${word##*[:=]}"}
    [[ ${COMP_WORDBREAKS-} == *:* ]] || before=

    COMPREPLY=()
    while IFS= read -r candidate; do
        if [[ $candidate == :files ]]; then
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
            return
        fi
        COMPREPLY+=("${candidate#"$before"}")
    done < <("${words[0]}" __complete -- "${words[@]:1}" 2>/dev/null </dev/null)
}

complete -F _opsctl opsctl
