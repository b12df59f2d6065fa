/** The layers of docs/architecture.md as rules. A test may import what it tests and operator/testing. */
const tests = '\\.test\\.ts$';

/** A rule: files under `from` may import nothing under `to`. */
const forbid = (name, comment, from, to) => ({
  name,
  comment,
  severity: 'error',
  from: { ...from, pathNot: [tests, ...(from.pathNot ?? [])] },
  to,
});

export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, pathNot: ['\\.d\\.ts$', '\\.config\\.mjs$', '(^|/)\\.[^/]+\\.mjs$'] },
      to: {},
    },
    forbid(
      'domain-is-pure',
      'domain imports nothing but itself and the types of crds/schema',
      { path: '^operator/domain/' },
      { pathNot: ['^operator/domain/', '^crds/schema/'] },
    ),
    {
      name: 'domain-takes-only-types-from-schemas',
      severity: 'error',
      from: { path: '^operator/domain/', pathNot: [tests] },
      to: { path: '^crds/schema/', dependencyTypesNot: ['type-only'] },
    },
    forbid(
      'schemas-stand-alone',
      'crds/schema imports zod and itself',
      { path: '^crds/schema/' },
      { pathNot: ['^crds/schema/', '^node_modules/zod/'] },
    ),
    forbid(
      'runtime-knows-kubernetes-only',
      'runtime knows no GPU and no money',
      { path: '^operator/runtime/' },
      { path: '^(operator/(domain|reconcilers|agent|adapters|ports)|crds|api|hack)/' },
    ),
    forbid(
      'ports-are-narrow',
      'a port names domain types, and streams of bytes, only',
      { path: '^operator/ports/' },
      { pathNot: ['^operator/(ports|domain)/', '^crds/schema/', '^(node:)?stream$'] },
    ),
    forbid(
      'decide-is-pure',
      'a decision sees a snapshot, never a client',
      { path: '/decide[^/]*\\.ts$' },
      {
        pathNot: ['^operator/domain/', '^crds/schema/', '/decide[^/]*\\.ts$', '/snapshot\\.ts$'],
      },
    ),
    {
      name: 'reconcilers-do-not-know-each-other',
      severity: 'error',
      from: { path: '^operator/(?:reconcilers|agent)/([^/]+)/', pathNot: [tests] },
      to: {
        path: '^operator/(?:reconcilers|agent)/([^/]+)/',
        pathNot: ['^operator/(?:reconcilers|agent)/$1/'],
      },
    },
    forbid(
      'api-knows-ports-only',
      'what the API answers from is wired in operator/main',
      { path: '^api/', pathNot: ['^api/testing/'] },
      { path: '^(operator/(adapters|reconcilers|agent|main|testing)|hack)/' },
    ),
    forbid(
      'the-console-runs-in-browsers',
      'of the operator the console takes types of views and pure code, such as that of proofs',
      { path: '^api/console/src/' },
      {
        path: '^(operator|api|crds|hack)/',
        pathNot: ['^api/console/src/', '^operator/domain/'],
      },
    ),
    forbid(
      'nobody-needs-the-console',
      'it is built into files that the API serves',
      { path: '^(operator|api|crds)/', pathNot: ['^api/console/'] },
      { path: '^api/console/' },
    ),
    forbid(
      'only-main-serves-the-api',
      'nothing but its process needs the API',
      { path: '^operator/', pathNot: ['^operator/main/'] },
      { path: '^api/' },
    ),
    forbid(
      'postgres-only-in-its-adapter',
      'SQL lives in one place; benches and tests may look at tables',
      {
        path: '^(operator|api|crds)/',
        pathNot: ['^operator/adapters/postgres/', '^operator/(testing|e2e)/'],
      },
      { path: '^node_modules/(pg|kysely|pg-copy-streams|@types/pg)/' },
    ),
    forbid(
      'prometheus-only-in-its-adapter',
      'metric names live in one place',
      { pathNot: ['^operator/adapters/prometheus/'] },
      { path: '^node_modules/prom-client/' },
    ),
    forbid(
      'kubernetes-client-only-in-runtime',
      'client-node and undici are behind operator/runtime',
      { pathNot: ['^operator/runtime/', '^operator/testing/', '^hack/'] },
      { path: '^node_modules/(@kubernetes/client-node|undici)/' },
    ),
    forbid(
      'the-product-does-not-need-hack',
      'hack is for developing',
      { path: '^(operator|api|crds)/', pathNot: ['^operator/(testing|e2e)/', '^api/testing/'] },
      { path: '^hack/' },
    ),
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node'] },
  },
};
