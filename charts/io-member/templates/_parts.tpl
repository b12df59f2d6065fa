{{/* Parts that may run here already, however they came: which of them this release brings. */}}

{{/* Whether a live object is of this release: `list . object`. */}}
{{- define "io-member.isOurs" -}}
{{- $root := index . 0 }}
{{- $annotations := dig "metadata" "annotations" (dict) (index . 1) | default dict }}
{{- $release := get $annotations "meta.helm.sh/release-name" }}
{{- $namespace := get $annotations "meta.helm.sh/release-namespace" }}
{{- if and (eq $release $root.Release.Name) (eq $namespace $root.Release.Namespace) }}true{{ end }}
{{- end }}

{{/* The first workload that is not of this release by its name: `dict root kind pattern except`. */}}
{{- define "io-member.workload" -}}
{{- $found := "" }}
{{- range (lookup "apps/v1" .kind "" "").items }}
{{- if and (not $found) (regexMatch $.pattern .metadata.name) (not (regexMatch $.except .metadata.name)) }}
{{- if not (include "io-member.isOurs" (list $.root .)) }}
{{- $found = printf "%s %s/%s" $.kind .metadata.namespace .metadata.name }}
{{- end }}
{{- end }}
{{- end }}
{{- $found }}
{{- end }}

{{/* NVIDIA's GPU operator, where it brings a part: `list . "devicePlugin"`. */}}
{{- define "io-member.gpuOperator" -}}
{{- $found := "" }}
{{- if (index . 0).Capabilities.APIVersions.Has "nvidia.com/v1/ClusterPolicy" }}
{{- range (lookup "nvidia.com/v1" "ClusterPolicy" "" "").items }}
{{- if dig "spec" (index $ 1) "enabled" true . }}
{{- $found = printf "ClusterPolicy %s of the GPU operator" .metadata.name }}
{{- end }}
{{- end }}
{{- end }}
{{- $found }}
{{- end }}

{{/* What of a part runs here already, or nothing: `list . "devicePlugin"`. */}}
{{- define "io-member.found" -}}
{{- $root := index . 0 }}
{{- $part := index . 1 }}
{{- $look := dict
  "kuberay" (dict "kind" "Deployment" "pattern" "kuberay-operator" "operator" "")
  "devicePlugin" (dict "kind" "DaemonSet" "pattern" "nvidia.*device-plugin" "operator" "devicePlugin")
  "gpuFeatureDiscovery" (dict "kind" "DaemonSet" "pattern" "gpu-feature-discovery" "operator" "gfd")
  "dcgmExporter" (dict "kind" "DaemonSet" "pattern" "dcgm-exporter" "operator" "dcgmExporter")
}}
{{- $for := get $look $part }}
{{- $except := ternary "feature-discovery|mps-control" "^$" (eq $part "devicePlugin") }}
{{- $operator := "" }}
{{- if $for.operator }}{{ $operator = include "io-member.gpuOperator" (list $root $for.operator) }}{{ end }}
{{- $operator | default (include "io-member.workload" (merge (dict "root" $root "except" $except) $for)) }}
{{- end }}

{{/* What a part is set to. */}}
{{- define "io-member.switch" -}}
{{- $values := (index . 0).Values }}
{{- $switches := dict
  "kuberay" $values.kuberay.enabled
  "devicePlugin" $values.nvidia.devicePlugin.enabled
  "gpuFeatureDiscovery" $values.nvidia.gpuFeatureDiscovery.enabled
  "dcgmExporter" $values.dcgmExporter.enabled
}}
{{- get $switches (index . 1) | toString }}
{{- end }}

{{/* true when this release brings a part, and nothing otherwise: `list . "devicePlugin"`. */}}
{{- define "io-member.brings" -}}
{{- $switch := include "io-member.switch" . }}
{{- if or (eq $switch "true") (and (eq $switch "auto") (not (include "io-member.found" .))) }}true{{ end }}
{{- end }}

{{/* Names of KubeRay's definitions that this release has made or makes, with commas between. */}}
{{- define "io-member.definitions" -}}
{{- $root := . }}
{{- $names := list }}
{{- if include "io-member.brings" (list . "kuberay") }}
{{- range $name := list "rayclusters.ray.io" "rayjobs.ray.io" "rayservices.ray.io" }}
{{- $there := lookup "apiextensions.k8s.io/v1" "CustomResourceDefinition" "" $name }}
{{- if or (not $there) (include "io-member.isOurs" (list $root $there)) }}
{{- $names = append $names $name }}
{{- end }}
{{- end }}
{{- end }}
{{- join "," $names }}
{{- end }}

{{/* Labels of DCGM's exporters: stated, or as their makers have them. */}}
{{- define "io-member.dcgmSelector" -}}
{{- $usual := "app.kubernetes.io/name=dcgm-exporter" }}
{{- if not (include "io-member.brings" (list . "dcgmExporter")) }}
{{- if include "io-member.gpuOperator" (list . "dcgmExporter") }}{{ $usual = "app=nvidia-dcgm-exporter" }}{{ end }}
{{- end }}
{{- .Values.dcgmExporter.selector | default $usual }}
{{- end }}
