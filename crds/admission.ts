export function admissionManifests(): Record<string, unknown>[] { return []; }
