import { type Logger, type LoggerOptions, pino } from "pino";

/**
 * The log of a program that ends by itself: each line is written before the next one begins. By default pino writes beside
 * the program, and a program that ends loses lines, or has them in another order.
 */
export const programLog = (options: LoggerOptions): Logger => pino(options, pino.destination({ sync: true }));
