import { createPublicKey } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import {
  type CertificateRequest,
  createAuthority,
  createPrivateKeyPem,
  issueCertificate,
  type KeyPair,
} from './certificate.ts';

const AUTHORITY_DAYS = 3650;
const LEAF_DAYS = 365;
const SERVER_HOSTS = [
  '127.0.0.1',
  'localhost',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  '10.96.0.1',
];

/** Files of one key pair. */
export type KeyPairFiles = { readonly key: string; readonly certificate: string };

/** Who a kubeconfig is for: the certificate's CN is the user, its O are the groups. */
export type KubeconfigRequest = {
  readonly commonName: string;
  readonly organizations?: readonly string[];
};

/**
 * The certificate authority of one cluster, with its files in `directory`. A second object on the
 * same directory is the same authority.
 */
export class ClusterPki {
  readonly directory: string;
  readonly authorityFiles: KeyPairFiles;
  readonly #authority: KeyPair;
  readonly #moreHosts: readonly string[];

  /** `moreHosts`: what certificates of servers are good for besides loopback and the cluster's names. */
  constructor(directory: string, clusterName: string, moreHosts: readonly string[] = []) {
    this.directory = directory;
    this.#moreHosts = moreHosts;
    this.authorityFiles = filesOf(directory, 'ca');
    const { key, certificate } = this.authorityFiles;
    if (!existsSync(certificate)) {
      write(
        this.authorityFiles,
        createAuthority(`io-operator local CA ${clusterName}`, AUTHORITY_DAYS),
      );
    }
    this.#authority = {
      keyPem: readFileSync(key, 'utf8'),
      certificatePem: readFileSync(certificate, 'utf8'),
    };
  }

  get caPem(): string {
    return this.#authority.certificatePem;
  }

  /** A certificate for a server on loopback (it may be a client too), kept under `name`. */
  serverFiles(name: string): KeyPairFiles {
    const hosts = [...SERVER_HOSTS, ...this.#moreHosts];
    return this.#files(name, { commonName: name, hosts, validDays: LEAF_DAYS });
  }

  /** A certificate for a client, kept under `name`; without groups it is for no Kubernetes user. */
  clientFiles(name: string, organizations: readonly string[] = []): KeyPairFiles {
    return this.#files(name, { commonName: name, organizations, validDays: LEAF_DAYS });
  }

  /** The key that signs service account tokens, and the public one that checks them. */
  serviceAccountKeys(): { readonly privateKey: string; readonly publicKey: string } {
    const privateKey = join(this.directory, 'service-account.key');
    const publicKey = join(this.directory, 'service-account.pub');
    if (!existsSync(publicKey)) {
      const keyPem = createPrivateKeyPem();
      writePrivate(privateKey, keyPem);
      writeFileSync(publicKey, createPublicKey(keyPem).export({ type: 'spki', format: 'pem' }));
    }
    return { privateKey, publicKey };
  }

  /**
   * The text of a kubeconfig for `server` with a new client certificate. It holds the key and the
   * cluster's CA and so works from anywhere on this machine; TLS is always verified.
   */
  kubeconfig(clusterName: string, server: string, request: KubeconfigRequest): string {
    const pair = issueCertificate(this.#authority, { ...request, validDays: LEAF_DAYS });
    const user = request.commonName;
    return stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': clusterName,
      clusters: [
        {
          name: clusterName,
          cluster: { server, 'certificate-authority-data': base64(this.caPem) },
        },
      ],
      users: [
        {
          name: user,
          user: {
            'client-certificate-data': base64(pair.certificatePem),
            'client-key-data': base64(pair.keyPem),
          },
        },
      ],
      contexts: [{ name: clusterName, context: { cluster: clusterName, user } }],
    });
  }

  #files(name: string, request: CertificateRequest): KeyPairFiles {
    const files = filesOf(this.directory, name);
    if (!existsSync(files.certificate)) write(files, issueCertificate(this.#authority, request));
    return files;
  }
}

/** Writes a file that only this user may read; whoever reads it at that time sees all or nothing. */
export function writePrivate(path: string, text: string): void {
  const part = `${path}.${process.pid}.part`;
  writeFileSync(part, text, { mode: 0o600 });
  renameSync(part, path);
}

function filesOf(directory: string, name: string): KeyPairFiles {
  return { key: join(directory, `${name}.key`), certificate: join(directory, `${name}.crt`) };
}

function write(files: KeyPairFiles, pair: KeyPair): void {
  mkdirSync(join(files.key, '..'), { recursive: true, mode: 0o700 });
  writePrivate(files.key, pair.keyPem);
  writeFileSync(files.certificate, pair.certificatePem);
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
