/** Values of the charts, for their tests. */

/** What an invitation and the least that a data centre states give. */
export const leastOfMember = {
  hub: {
    ...{ url: 'https://hub.example:6443', apiUrl: 'https://api.example:8443' },
    apiCaBundle: 'api\nCA\n',
  },
  member: { name: 'fra-1', location: { country: 'DE' } },
  join: { token: 'not-a-real-token' },
};

/** Every value that there is. */
export const mostOfMember = {
  image: { repository: 'registry.example/io-operator', tag: '1.2.3', pullSecrets: [{ name: 'x' }] },
  hub: {
    ...leastOfMember.hub,
    ...{ caBundle: 'hub\nCA\n', apiCaBundle: 'api\nCA\n', proxy: 'http://proxy.example:3128' },
    ...{ signer: 'compute.io.net/member-agent', certificateHours: 24 },
  },
  member: {
    ...{ name: 'fra-1', enrolment: 3, displayName: 'Frankfurt "One": # 1' },
    accountRef: { namespace: 'default', name: 'supplier' },
    location: {
      ...{ country: 'DE', region: 'eu-central', city: 'Frankfurt' },
      ...{ latitude: '50.1', longitude: '8.7' },
    },
    certifications: ['ISO27001'],
    offers: [
      { model: 'L4', onDemandMicroUsdPerHour: 12_000_000, spotMicroUsdPerHour: 5_000_000 },
      { model: 'H100-80GB-HBM3', onDemandMicroUsdPerHour: 2_000_000 },
    ],
  },
  join: { existingSecret: 'my-invitation' },
  devices: { source: 'dra', healthSeconds: 60 },
  metering: { enabled: true, spool: { size: '5Gi', storageClassName: 'fast' } },
  policy: {
    ...{ cordoned: true, allowedImages: ['docker.io/rayproject/', 'ray.example/a:1'] },
    ...{ maxCpuPerPod: '64', maxMemoryPerPod: '512Gi', maxDevicesPerLease: 64 },
  },
  leave: { deadlineSeconds: 604_800 },
  kuberay: { enabled: true, resources: { limits: { memory: '1Gi' } } },
  kueue: { clusterQueue: 'gpu' },
  nvidia: {
    ...{ devicePlugin: { enabled: true }, gpuFeatureDiscovery: { enabled: true } },
    ...{ migStrategy: 'mixed', runtimeClassName: 'nvidia', nodeSelector: { gpu: 'yes' } },
    tolerations: [{ operator: 'Exists' }],
  },
  dcgmExporter: { enabled: true, selector: 'app=x,b!=c', resources: { limits: { memory: '1Gi' } } },
  extraArgs: ['--log-level=debug', '--heartbeat-seconds=5'],
  networkPolicy: { egressPorts: [16_443] },
  podSecurity: { runAsUser: 1000, runAsGroup: null, fsGroup: 1000 },
  resources: { limits: { memory: '1Gi' } },
  nodeSelector: { pool: 'system' },
  tolerations: [{ key: 'a', operator: 'Exists' }],
};

export const leastOfHub = {};

export const mostOfHub = {
  image: { repository: 'registry.example/io-operator', tag: '1.2.3', pullSecrets: [{ name: 'x' }] },
  hub: { replicas: 3, extraArgs: ['--require-stake=true'], resources: {} },
  memberSigner: { existingSecret: 'member-signer' },
  members: { certificateHours: 48 },
  clusterProfiles: { namespace: 'default' },
  rewards: {
    ...{ rules: { leasedBonusPercent: 20 }, ioPriceMicroUsd: 12_500_000 },
    ioPriceConfigMap: 'io-price',
  },
  database: { existingSecret: 'database', genesis: '2026-11-01T00:00:00Z' },
  api: {
    ...{ replicas: 3, tlsSecret: 'api-tls', publicDomain: 'api.example:443' },
    site: {
      ...{ name: 'Cloud of "tests"', pathPrefix: '/gpu/cloud', walletSignIn: false },
      explorerUrl: 'https://explorer.example/tx/{signature}?cluster=devnet',
      gatewayUrl: 'https://gateway.example:8443',
    },
    oidc: {
      ...{ issuer: 'https://login.example/realms/a', clientId: 'console', name: 'Example' },
      ...{ existingSecret: 'oidc', scopes: 'openid profile groups', groupsClaim: 'roles' },
      ...{ usernamePrefix: 'example:', groupsPrefix: '' },
    },
    invitations: { enabled: true, hubUrl: 'https://hub.example:6443', hubCa: 'PEM' },
    service: { type: 'LoadBalancer', port: 443, annotations: { 'example.net/internal': 'false' } },
  },
  solana: {
    ...{ chain: 'mainnet', existingSecret: 'solana', roles: ['publisher', 'slasher', 'treasurer'] },
    programId: '11111111111111111111111111111111',
    ioMint: '11111111111111111111111111111111',
    usdcMint: '11111111111111111111111111111111',
  },
  podSecurity: { runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 },
  nodeSelector: { pool: 'system' },
  tolerations: [{ key: 'a', operator: 'Exists' }],
};
