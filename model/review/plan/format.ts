/**
 * The parts of `terraform show -json` of a plan that a review reads (format 1.x). Fields are added without a new number, so
 * that none may be required, and the absence of one is not its false value.
 */
export interface PlanJson {
  format_version?: string;
  terraform_version?: string;
  resource_changes?: ResourceJson[];
  resource_drift?: ResourceJson[];
  deferred_changes?: { reason?: string; resource_change?: ResourceJson }[];
  output_changes?: Record<string, ChangeJson>;
  relevant_attributes?: { resource?: string }[];
  variables?: Record<string, { value?: unknown }>;
  configuration?: {
    root_module?: {
      variables?: Record<string, { sensitive?: boolean }>;
      resources?: { address?: string; depends_on?: string[]; expressions?: Record<string, unknown> }[];
    };
  };
  prior_state?: { values?: StateJson };
  planned_values?: StateJson;
  /** Not of the format: attributes as the stack was synthesized with, by address. */
  synthesized?: Record<string, unknown>;
  /** Not of the format: what charts make of releases of Helm, by address. */
  rendered?: Record<string, Rendering>;
  errored?: boolean;
  /** Missing in older Terraform: only `false` says no. */
  applyable?: boolean;
  complete?: boolean;
}

/** What is, or will be: the one place where data sources stand that were read before the plan. */
export interface StateJson {
  outputs?: Record<string, { sensitive?: boolean; value?: unknown }>;
  root_module?: ModuleJson;
}

export interface ModuleJson {
  resources?: { values?: unknown; sensitive_values?: unknown }[];
  child_modules?: ModuleJson[];
}

export interface ResourceJson {
  address: string;
  mode?: string;
  type: string;
  name?: string;
  previous_address?: string;
  deposed?: string;
  action_reason?: string;
  change: ChangeJson;
}

export interface ChangeJson {
  actions: string[];
  before?: unknown;
  after?: unknown;
  after_unknown?: unknown;
  before_sensitive?: unknown;
  after_sensitive?: unknown;
  replace_paths?: (string | number)[][];
  importing?: { id?: string } | null;
}

/** An object of Kubernetes, as a chart makes it. */
export interface ChartObject {
  kind: string;
  metadata: { name: string; namespace?: string };
}

/** What a chart makes of a release's values. Empty before the first release, and after the last. */
export interface RenderedRelease {
  before: readonly ChartObject[];
  after: readonly ChartObject[];
  /** The same as `after`, made once more: what differs is random. */
  again: readonly ChartObject[];
}

/** Objects of a release, or why nobody knows them. */
export type Rendering = RenderedRelease | { missing: string };
