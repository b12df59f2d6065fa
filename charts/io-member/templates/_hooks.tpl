{{/*
A Job that runs a command of io-operator, with an account of its own and just the rights it needs:
dict root component command hooks args clusterRules rules suffix deadlineSeconds backoffLimit
*/}}
{{- define "io-member.hook" -}}
{{- $root := .root }}
{{- $labels := include "io-member.labels" (list $root .component) }}
{{- $hook := dict "helm.sh/hook" .hooks "helm.sh/hook-delete-policy" "before-hook-creation,hook-succeeded" }}
{{- $before := merge (dict "helm.sh/hook-weight" "-10") $hook }}
{{- $then := merge (dict "helm.sh/hook-weight" "-9") $hook }}
{{- $name := printf "io-member-%s" .component }}
{{- $namespace := $root.Release.Namespace }}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ $name }}
  namespace: {{ $namespace }}
  labels: {{- $labels | nindent 4 }}
  annotations: {{- toYaml $before | nindent 4 }}
automountServiceAccountToken: false
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: {{ $namespace }}:{{ $name }}
  labels: {{- $labels | nindent 4 }}
  annotations: {{- toYaml $before | nindent 4 }}
rules: {{- toYaml .clusterRules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: {{ $namespace }}:{{ $name }}
  labels: {{- $labels | nindent 4 }}
  annotations: {{- toYaml $then | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: {{ $namespace }}:{{ $name }}
subjects:
  - { kind: ServiceAccount, name: {{ $name }}, namespace: {{ $namespace }} }
{{- with .rules }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ $name }}
  namespace: {{ $namespace }}
  labels: {{- $labels | nindent 4 }}
  annotations: {{- toYaml $before | nindent 4 }}
rules: {{- toYaml . | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ $name }}
  namespace: {{ $namespace }}
  labels: {{- $labels | nindent 4 }}
  annotations: {{- toYaml $then | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ $name }}
subjects:
  - { kind: ServiceAccount, name: {{ $name }}, namespace: {{ $namespace }} }
{{- end }}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ $name }}
  namespace: {{ $namespace }}
  labels: {{- $labels | nindent 4 }}
  annotations:
    {{- toYaml $hook | nindent 4 }}
    # What it found is the answer of `helm install` itself.
    helm.sh/hook-output-log-policy: hook-succeeded,hook-failed
spec:
  backoffLimit: {{ .backoffLimit }}
  activeDeadlineSeconds: {{ .deadlineSeconds }}
  # A Job that failed stays for its log, and goes by itself.
  ttlSecondsAfterFinished: 3600
  template:
    metadata:
      labels: {{- $labels | nindent 8 }}
    spec:
      serviceAccountName: {{ $name }}
      automountServiceAccountToken: true
      restartPolicy: Never
      {{- with $root.Values.image.pullSecrets }}
      imagePullSecrets: {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext: {{- include "io-member.podSecurity" $root | nindent 8 }}
      containers:
        - name: {{ .command }}
          image: {{ include "io-member.image" $root }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          args:
            - {{ .command }}
            {{- include "io-member.hubFlags" $root | nindent 12 }}
            {{- range .args }}
            - {{ . }}
            {{- end }}
          resources:
            requests: { cpu: 50m, memory: 128Mi }
            limits: { memory: 256Mi }
          securityContext: {{- include "io-member.containerSecurity" $root | nindent 12 }}
          volumeMounts:
            - { name: member, mountPath: /etc/io-member/member, readOnly: true }
            - { name: hub, mountPath: /etc/io-member/hub, readOnly: true }
      volumes:
        # Missing where an install failed before it had begun.
        - { name: member, configMap: { name: io-member{{ .suffix }}, optional: true } }
        - { name: hub, configMap: { name: io-member-hub{{ .suffix }}, optional: true } }
      {{- with $root.Values.nodeSelector }}
      nodeSelector: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $root.Values.tolerations }}
      tolerations: {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end }}

{{/* What `io-operator preflight` looks at in the cluster. */}}
{{- define "io-member.preflightRules" -}}
- apiGroups: [""]
  resources: [nodes, pods]
  verbs: [list]
- apiGroups: [node.k8s.io]
  resources: [runtimeclasses]
  verbs: [list]
- apiGroups: [apiextensions.k8s.io]
  resources: [customresourcedefinitions]
  resourceNames: [rayclusters.ray.io]
  verbs: [get]
{{- end }}
