import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { createAuthority, issueCertificate } from './certificate.ts';

const authority = createAuthority('test CA', 10);
const authorityCertificate = new X509Certificate(authority.certificatePem);

describe('a certificate', () => {
  const pair = issueCertificate(authority, {
    commonName: 'compute.io.net:member:frankfurt-1',
    organizations: ['compute.io.net:members', 'second'],
    validDays: 1,
  });
  const certificate = new X509Certificate(pair.certificatePem);

  test('is signed by its authority and by no other of the same name', () => {
    const other = new X509Certificate(createAuthority('test CA', 10).certificatePem);
    expect(certificate.verify(authorityCertificate.publicKey)).toBe(true);
    expect(certificate.checkIssued(authorityCertificate)).toBe(true);
    expect(certificate.verify(other.publicKey)).toBe(false);
  });

  test('names user and groups as Kubernetes reads them', () => {
    expect(certificate.subject.split('\n')).toEqual([
      'O=compute.io.net:members',
      'O=second',
      'CN=compute.io.net:member:frankfurt-1',
    ]);
  });

  test('without hosts is good for clients only', () => {
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(certificate.subjectAltName).toBeUndefined();
    expect(certificate.ca).toBe(false);
  });

  test('with hosts is good for a server under these names only', () => {
    const hosts = ['127.0.0.1', 'localhost'];
    const server = new X509Certificate(
      issueCertificate(authority, { commonName: 'server', hosts, validDays: 1 }).certificatePem,
    );
    expect(server.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(server.checkHost('localhost')).toBe('localhost');
    expect(server.checkIP('127.0.0.2')).toBeUndefined();
    expect(server.checkHost('example.org')).toBeUndefined();
  });

  test('is valid from an hour ago until its days are over', () => {
    const remains = certificate.validToDate.getTime() - Date.now();
    expect(remains).toBeGreaterThan(86_400_000 - 60_000);
    expect(remains).toBeLessThanOrEqual(86_400_000);
    expect(certificate.validFromDate.getTime()).toBeLessThan(Date.now() - 3_500_000);
  });
});

test('an authority signs itself and may sign others', () => {
  expect(authorityCertificate.ca).toBe(true);
  expect(authorityCertificate.verify(authorityCertificate.publicKey)).toBe(true);
});
