{{- define "socle.selectorLabels" -}}
app.kubernetes.io/name: socle
app.kubernetes.io/component: operator
{{- end }}

{{- define "socle.labels" -}}
{{ include "socle.selectorLabels" . }}
app.kubernetes.io/part-of: socle
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "socle.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{- define "socle.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "socle.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end }}
