/**
 * Rules for Roles and bindings (kubernetes `pkg/apis/rbac/validation`).
 *
 * @module
 */
import type { PolicyRule } from "../authorization/mod.ts";
import { subdomainProblems } from "../registry/names.ts";
import { type LabelSelector, selectorErrors } from "./selector_validation.ts";
import { deepEqual } from "../schema/deep_equal.ts";
import { invalidValue, notSupported, required } from "../schema/field_error.ts";
import type { FieldError, KubeObject } from "../types.ts";

/** The group of Roles and bindings, and of the Users and Groups that they name. */
export const RBAC = "rbac.authorization.k8s.io";

/** Problems with a Role or ClusterRole. */
export function roleErrors(
  role: KubeObject,
  { cluster }: { cluster: boolean },
): FieldError[] {
  const rules: PolicyRule[] = role.rules ?? [];
  const errors = rules.flatMap((rule, index) =>
    ruleErrors(rule, { field: `rules[${index}]`, cluster })
  );
  const selectors = role.aggregationRule?.clusterRoleSelectors;
  if (role.aggregationRule && !selectors?.length) {
    errors.push(
      required(
        "aggregationRule.clusterRoleSelectors",
        "at least one clusterRoleSelector required if aggregationRule is non-nil",
      ),
    );
  }
  selectors?.forEach((selector: LabelSelector, index: number) => {
    const field = `aggregationRule.clusterRoleSelectors[${index}]`;
    const found = selectorErrors(selector, field);
    errors.push(...found);
    if (found.length > 0) {
      errors.push(invalidValue(field, null, "invalid label selector."));
    }
  });
  // kube-apiserver checks what is declared beside the types last.
  rules.forEach((rule, index) => {
    if (!rule.verbs?.length) errors.push(required(`rules[${index}].verbs`));
  });
  return errors;
}

function ruleErrors(
  rule: PolicyRule,
  { field, cluster }: { field: string; cluster: boolean },
): FieldError[] {
  const errors: FieldError[] = [];
  const urls = rule.nonResourceURLs ?? [];
  if (urls.length > 0) {
    if (!cluster) {
      errors.push(
        invalidValue(
          `${field}.nonResourceURLs`,
          urls,
          "namespaced rules cannot apply to non-resource URLs",
        ),
      );
    }
    if (
      rule.apiGroups?.length || rule.resources?.length ||
      rule.resourceNames?.length
    ) {
      errors.push(
        invalidValue(
          `${field}.nonResourceURLs`,
          urls,
          "rules cannot apply to both regular resources and non-resource URLs",
        ),
      );
    }
    return errors;
  }
  if (!rule.apiGroups?.length) {
    errors.push(
      required(
        `${field}.apiGroups`,
        "resource rules must supply at least one api group",
      ),
    );
  }
  if (!rule.resources?.length) {
    errors.push(
      required(
        `${field}.resources`,
        "resource rules must supply at least one resource",
      ),
    );
  }
  return errors;
}

/** Problems with a RoleBinding or ClusterRoleBinding. */
export function bindingErrors(
  binding: KubeObject,
  { cluster, old }: { cluster: boolean; old?: KubeObject },
): FieldError[] {
  const { apiGroup = "", kind = "", name = "" } = binding.roleRef ?? {};
  const errors: FieldError[] = [];
  if (apiGroup !== RBAC) {
    errors.push(notSupported("roleRef.apiGroup", apiGroup, [RBAC]));
  }
  const kinds = cluster ? ["ClusterRole"] : ["Role", "ClusterRole"];
  if (!kinds.includes(kind)) {
    errors.push(notSupported("roleRef.kind", kind, kinds));
  }
  if (name === "." || name === "..") {
    errors.push(invalidValue("roleRef.name", name, `may not be '${name}'`));
  }
  for (const character of ["/", "%"]) {
    if (name.includes(character)) {
      errors.push(
        invalidValue("roleRef.name", name, `may not contain '${character}'`),
      );
    }
  }
  if (old && !deepEqual(old.roleRef, binding.roleRef)) {
    errors.push(
      invalidValue(
        "roleRef",
        { APIGroup: apiGroup, Kind: kind, Name: name },
        "field is immutable",
      ),
    );
  }
  const subjects: Subject[] = binding.subjects ?? [];
  subjects.forEach((subject, index) =>
    errors.push(
      ...subjectErrors(subject, { field: `subjects[${index}]`, cluster }),
    )
  );
  // kube-apiserver checks what is declared beside the types last.
  subjects.forEach((subject, index) => {
    if (!subject.name) errors.push(required(`subjects[${index}].name`));
  });
  if (!name) errors.push(required("roleRef.name"));
  return errors;
}

interface Subject {
  kind: string;
  name: string;
  namespace?: string;
  apiGroup?: string;
}

function subjectErrors(
  subject: Subject,
  { field, cluster }: { field: string; cluster: boolean },
): FieldError[] {
  const { kind = "", name = "", namespace = "", apiGroup = "" } = subject;
  const errors: FieldError[] = [];
  if (kind === "ServiceAccount") {
    if (name) {
      for (const why of subdomainProblems(name)) {
        errors.push(invalidValue(`${field}.name`, name, why));
      }
    }
    if (apiGroup) {
      errors.push(notSupported(`${field}.apiGroup`, apiGroup, [""]));
    }
    if (cluster && !namespace) errors.push(required(`${field}.namespace`));
  } else if (kind === "User" || kind === "Group") {
    if (apiGroup !== RBAC) {
      errors.push(notSupported(`${field}.apiGroup`, apiGroup, [RBAC]));
    }
  } else {
    errors.push(
      notSupported(`${field}.kind`, kind, ["ServiceAccount", "User", "Group"]),
    );
  }
  return errors;
}
