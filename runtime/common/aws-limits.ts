/**
 * Limits of every client of AWS: by themselves they wait for ever for an answer that does not come.
 *
 * @param attempts with throttling and lost answers repeated, with jitter
 * @param idleMs without a byte in either direction
 * @param answerMs until an answer begins; the request's own bytes count. @default none but `idleMs`
 */
export const awsLimits = ({ attempts = 4, connectMs = 5000, idleMs = 10_000, answerMs = 0 } = {}) => ({
  maxAttempts: attempts,
  requestHandler: {
    connectionTimeout: connectMs,
    socketTimeout: idleMs,
    ...(answerMs > 0 && { requestTimeout: answerMs, throwOnRequestTimeout: true }),
  },
});
