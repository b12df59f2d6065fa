{{/* Of everything here; `list . "component"`. */}}
{{- define "io-member.labels" -}}
{{- $root := index . 0 -}}
{{ include "io-member.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ $root.Chart.Name }}-{{ $root.Chart.Version }}
{{- end }}

{{- define "io-member.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: io-member
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- define "io-member.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "io-member.credentialsSecret" -}}
io-agent-credentials
{{- end }}

{{- define "io-member.policyConfigMap" -}}
io-member-policy
{{- end }}

{{- define "io-member.tokenSecret" -}}
{{ .Values.join.existingSecret | default "io-member-invitation" }}
{{- end }}

{{/* What the data centre states of itself, as an IOMember's spec; what is empty is left out. */}}
{{- define "io-member.statement" -}}
{{- $member := .Values.member }}
{{- with $member.displayName }}
displayName: {{ . | quote }}
{{- end }}
{{- with $member.accountRef }}
accountRef: {{ toJson . }}
{{- end }}
location: {{ toJson $member.location }}
certifications: {{ toJson $member.certifications }}
offers:
{{- range $offer := $member.offers }}
  - model: {{ $offer.model | quote }}
    onDemandMicroUsdPerHour: {{ int64 $offer.onDemandMicroUsdPerHour }}
    {{- with $offer.spotMicroUsdPerHour }}
    spotMicroUsdPerHour: {{ int64 . }}
    {{- end }}
{{- else }} []
{{- end }}
{{- end }}

{{/* Pods of ours: restricted. */}}
{{- define "io-member.podSecurity" -}}
runAsNonRoot: true
{{- range $field, $id := .Values.podSecurity }}
{{- if $id }}
{{ $field }}: {{ int64 $id }}
{{- end }}
{{- end }}
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "io-member.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{/* Flags that lead to the hub, for the agent and for the commands of the hooks. */}}
{{- define "io-member.hubFlags" -}}
- --hub-url={{ .Values.hub.url }}
{{- if .Values.hub.caBundle }}
- --hub-ca-file=/etc/io-member/hub/ca.crt
{{- end }}
{{- with .Values.hub.proxy }}
- --https-proxy={{ . }}
{{- end }}
{{- end }}

{{/* The port of a URL. */}}
{{- define "io-member.port" -}}
{{- $usual := ternary "443" "80" (hasPrefix "https:" .) }}
{{- regexFind ":[0-9]+$" (urlParse .).host | trimPrefix ":" | default $usual }}
{{- end }}
