{{- define "io-hub.labels" -}}
{{ include "io-hub.selector" . }}
{{- with index . 0 }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}
{{- end }}

{{/* `list . "hub"`. */}}
{{- define "io-hub.selector" -}}
app.kubernetes.io/name: io-hub
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* What all pods have in common; restricted. */}}
{{- define "io-hub.pod" -}}
automountServiceAccountToken: true
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  seccompProfile: { type: RuntimeDefault }
  {{- range $field, $id := .Values.podSecurity }}
  {{- if $id }}
  {{ $field }}: {{ int64 $id }}
  {{- end }}
  {{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Replicas of a component on different nodes, where there are several. */}}
{{- define "io-hub.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "io-hub.selector" . | nindent 8 }}
{{- end }}

{{- define "io-hub.container" -}}
image: {{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end }}

{{- define "io-hub.probes" -}}
livenessProbe:
  httpGet: { path: /healthz, port: metrics }
  periodSeconds: 10
  failureThreshold: 3
readinessProbe:
  httpGet: { path: /readyz, port: metrics }
  periodSeconds: 5
{{- end }}

{{/* An account, a role of the cluster with rules of a file, and what binds them: `list . "hub" "files/…"`. */}}
{{- define "io-hub.account" -}}
{{- $root := index . 0 }}
{{- $component := index . 1 }}
{{- $labels := include "io-hub.labels" (list $root $component) }}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: io-{{ $component }}
  namespace: {{ $root.Release.Namespace }}
  labels: {{- $labels | nindent 4 }}
automountServiceAccountToken: false
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: io-operator-{{ $component }}
  labels: {{- $labels | nindent 4 }}
rules: {{- $root.Files.Get (index . 2) | fromYamlArray | toYaml | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: io-operator-{{ $component }}
  labels: {{- $labels | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: io-operator-{{ $component }}
subjects:
  - { kind: ServiceAccount, name: io-{{ $component }}, namespace: {{ $root.Release.Namespace }} }
{{- end }}

{{/* CA of agents' certificates: stated, or what this cluster's API server trusts. */}}
{{- define "io-hub.clientCa" -}}
{{- if .Values.api.clientCa }}{{ .Values.api.clientCa }}
{{- else }}
{{- $trusted := lookup "v1" "ConfigMap" "kube-system" "extension-apiserver-authentication" }}
{{- required "api.clientCa is needed: this cluster does not tell which CA its API server trusts" (dig "data" "client-ca-file" "" $trusted) }}
{{- end }}
{{- end }}
