const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export interface Lifetime {
  notBefore: Date;
  notAfter: Date;
}

/** Period in which the issuer wants a certificate renewed. */
export interface RenewalWindow {
  start: Date;
  end: Date;
}

const after = ({ notBefore, notAfter }: Lifetime, share: number) =>
  new Date(notBefore.getTime() + share * (notAfter.getTime() - notBefore.getTime()));

/** Two thirds of the lifetime that a certificate really has, half of one below ten days. */
export const renewalByLifetime = (lifetime: Lifetime): Date =>
  after(lifetime, lifetime.notAfter.getTime() - lifetime.notBefore.getTime() < 10 * dayMs ? 1 / 2 : 2 / 3);

/** Time with a twentieth of the life left: a certificate is renewed then, whatever the issuer asks for. */
export const emergency = (lifetime: Lifetime): Date => after(lifetime, 19 / 20);

/**
 * Time at which a certificate is renewed.
 *
 * @param share position in the issuer's window, from 0 to 1: always the same for one certificate, and different between
 *   certificates, so that not all of a window's certificates come at once
 */
export function renewalTime(lifetime: Lifetime, window: RenewalWindow | undefined, share: number): Date {
  if (!window) return renewalByLifetime(lifetime);
  const suggested = window.start.getTime() + share * (window.end.getTime() - window.start.getTime());
  return new Date(Math.min(suggested, emergency(lifetime).getTime()));
}
