{{/* What the schema cannot say: each refusal is a sentence that tells what to do. All of them come at once. */}}
{{- define "zamc.checks" -}}
{{- $v := .Values -}}
{{- $known := .Files.Get "files/settings.yaml" | fromYaml -}}
{{- $production := eq $v.environment "production" -}}
{{- $wrong := list -}}

{{- if and $production (not $v.image.digest) -}}
{{- $wrong = append $wrong "image.digest is missing: production runs an image by its digest, so that a moved tag changes nothing. Set image.digest=sha256:... (`docker buildx imagetools inspect IMAGE` shows it)." -}}
{{- end -}}

{{- if and $production $v.secrets.values -}}
{{- $wrong = append $wrong "secrets.values holds secrets in plain text: remove it, make a Secret (`kubectl create secret generic zamc --from-file=FOLDER`), and name it in secrets.existingSecret." -}}
{{- end -}}
{{- if and $v.secrets.values $v.secrets.existingSecret -}}
{{- $wrong = append $wrong "secrets.existingSecret and secrets.values are both set: keep one of them." -}}
{{- end -}}
{{- if not (or $v.secrets.values $v.secrets.existingSecret) -}}
{{- $wrong = append $wrong "secrets.existingSecret is missing: make a Secret with the keys that values.yaml lists (`kubectl create secret generic zamc --from-file=FOLDER`), and name it there." -}}
{{- end -}}
{{- if $v.secrets.values -}}
{{- range list "ZAMC_DATABASE_URL" "ZAMC_DATABASE_OWNER_URL" "ZAMC_DAGSTER_DATABASE_URL" "ZAMC_NATS_URL" "ZAMC_REDIS_URL" -}}
{{- if not (index $v.secrets.values .) -}}
{{- $wrong = append $wrong (printf "secrets.values.%s is missing: every pod needs it; docs/reference/settings.md shows its form." .) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- range $name, $value := $v.settings -}}
{{- $is := index $known $name -}}
{{- if has $name (list "ZAMC_SECRETS_DIR" "ZAMC_ENVIRONMENT" "ZAMC_OBJECTS_URL") -}}
{{- $wrong = append $wrong (printf "settings.%s is set by the chart: remove it; the environment and the storage are the values environment and objects.url." $name) -}}
{{- else if not $is -}}
{{- $wrong = append $wrong (printf "settings.%s is no setting: docs/reference/settings.md lists them; what other software reads belongs into variables." $name) -}}
{{- else if $is.secret -}}
{{- $wrong = append $wrong (printf "settings.%s is a secret in plain text: put it into the Secret that secrets.existingSecret names." $name) -}}
{{- end -}}
{{- end -}}
{{- range $group := list "settings" "variables" -}}
{{- range $name, $value := index $v $group -}}
{{- if regexMatch "://[^/@]*:[^/@]+@" (toString $value) -}}
{{- $wrong = append $wrong (printf "%s.%s holds a password in plain text: put it into the Secret that secrets.existingSecret names." $group $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $name, $value := $v.variables -}}
{{- if hasPrefix "ZAMC_" $name -}}
{{- $wrong = append $wrong (printf "variables.%s is ours: put it under settings." $name) -}}
{{- else if regexMatch "(?i)(password|secret|token|api_?key|access_key)" $name -}}
{{- if not (hasPrefix "/" (toString $value)) -}}
{{- $wrong = append $wrong (printf "variables.%s looks like a secret in plain text: name a file of secrets.platformsSecret instead, e.g. AWS_SHARED_CREDENTIALS_FILE=/run/secrets/platforms/aws-credentials." $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- if not $v.objects.url -}}
{{- $wrong = append $wrong "objects.url is missing: name the bucket for images and exports, e.g. s3://bucket/prefix." -}}
{{- else if and (hasPrefix "file:" $v.objects.url) (ne $v.environment "local") -}}
{{- $wrong = append $wrong (printf "objects.url is %s, a folder that each pod has for itself: name a bucket, e.g. s3://bucket/prefix." $v.objects.url) -}}
{{- end -}}

{{- if ne (int $v.daemon.replicas) 1 -}}
{{- $wrong = append $wrong (printf "daemon.replicas is %d: two daemons evaluate every schedule and sensor twice, and none evaluates nothing; leave it at 1." (int $v.daemon.replicas)) -}}
{{- end -}}

{{- if $v.ingress.enabled -}}
{{- if not $v.ingress.host -}}
{{- $wrong = append $wrong "ingress.host is missing: name the host under which the API is reached, or set ingress.enabled=false." -}}
{{- end -}}
{{- if not $v.ingress.tlsSecret -}}
{{- $wrong = append $wrong "ingress.tlsSecret is missing: API keys travel here, so TLS is not optional; name the Secret with the certificate." -}}
{{- end -}}
{{- end -}}

{{- range $name := list "api" "relay" -}}
{{- $auto := (index $v $name).autoscaling -}}
{{- if and $auto.enabled (gt (int $auto.minReplicas) (int $auto.maxReplicas)) -}}
{{- $wrong = append $wrong (printf "%s.autoscaling.minReplicas is above maxReplicas: lower it." $name) -}}
{{- end -}}
{{- end -}}

{{- if $wrong -}}
{{- fail (printf "\n  - %s" (join "\n  - " $wrong)) -}}
{{- end -}}
{{- end -}}
