{{/* app.kubernetes.io labels of one component: (list $ "api") */}}
{{- define "zamc.labels" -}}
{{- $root := index . 0 -}}
{{ include "zamc.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version }}
{{- end -}}

{{- define "zamc.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: zamc
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{- define "zamc.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end -}}

{{- define "zamc.secretName" -}}
{{ .Values.secrets.existingSecret | default (printf "%s-secrets" .Release.Name) }}
{{- end -}}

{{- define "zamc.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* The restricted pod security standard. */}}
{{- define "zamc.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "zamc.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* The environment of our own programs. Addresses with passwords are files: ZAMC_SECRETS_DIR. */}}
{{- define "zamc.env" -}}
- name: ZAMC_SECRETS_DIR
  value: /run/secrets/zamc
- name: ZAMC_ENVIRONMENT
  value: {{ .Values.environment }}
- name: ZAMC_OBJECTS_URL
  value: {{ .Values.objects.url | quote }}
{{- range $name, $value := .Values.settings }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- range $name, $value := .Values.variables }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end -}}

{{/* Dagster's own processes know where the secrets lie, and nothing else of ours. */}}
{{- define "zamc.dagsterEnv" -}}
- name: ZAMC_SECRETS_DIR
  value: /run/secrets/zamc
{{- end -}}

{{/* What every container mounts: its secrets, and the two places where it may write. */}}
{{- define "zamc.mounts" -}}
- name: secrets
  mountPath: /run/secrets/zamc
  readOnly: true
- name: tmp
  mountPath: /tmp
- name: state
  mountPath: /var/lib/zamc
{{- end -}}

{{/* The volumes to these mounts: (list $ (list "ZAMC_DATABASE_URL" ...)), and how large /tmp may be if not 1Gi. A key that the Secret lacks is missed by the program, which
     then says so by name; without `optional` the pod would wait without a word. */}}
{{- define "zamc.volumes" -}}
{{- $root := index . 0 -}}
- name: secrets
  secret:
    secretName: {{ include "zamc.secretName" $root }}
    defaultMode: 0440
    optional: true
    items:
      {{- range index . 1 }}
      - key: {{ . }}
        path: {{ . }}
      {{- end }}
- name: tmp
  emptyDir:
    sizeLimit: {{ if gt (len .) 2 }}{{ index . 2 }}{{ else }}1Gi{{ end }}
- name: state
  emptyDir:
    sizeLimit: 1Gi
{{- end -}}

{{- define "zamc.dagsterMount" -}}
- name: dagster
  mountPath: /etc/zamc/dagster
  readOnly: true
{{- end -}}

{{- define "zamc.dagsterVolume" -}}
- name: dagster
  configMap:
    name: {{ .Release.Name }}-dagster
{{- end -}}

{{/* Every secret of zamc/settings.py but the owner's, which only migrations have. */}}
{{- define "zamc.appSecrets" -}}
{{- $names := list -}}
{{- range $name, $is := .Files.Get "files/settings.yaml" | fromYaml -}}
{{- if and $is.secret (ne $name "ZAMC_DATABASE_OWNER_URL") -}}
{{- $names = append $names $name -}}
{{- end -}}
{{- end -}}
{{ toJson $names }}
{{- end -}}

{{/* The same without what only runs use: the keys of model providers. */}}
{{- define "zamc.serviceSecrets" -}}
{{- $names := list -}}
{{- range include "zamc.appSecrets" . | fromJsonArray -}}
{{- if not (hasSuffix "_API_KEY" .) -}}
{{- $names = append $names . -}}
{{- end -}}
{{- end -}}
{{ toJson $names }}
{{- end -}}

{{/* Pods of one component on different nodes where there are several. */}}
{{- define "zamc.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "zamc.selector" . | nindent 8 }}
{{- end -}}
