/* Classes and a category of the executable's own. */
@interface Base : NSObject
- (int)number; + (id)make; - (int)twice;
@end
@implementation Base
- (int)number { return 20; }
- (int)twice { return 2 * [self number]; }
+ (id)make { return [[self alloc] init]; }
@end
@interface Derived : Base { @public int value; }
@end
@implementation Derived
- (int)number { return [super number] + 1; }
@end
@interface NSString (Mine)
- (id)shout; + (id)greeting;
@end
@implementation NSString (Mine)
- (id)shout { return [self stringByAppendingString:@"!"]; }
+ (id)greeting { return @"hello"; }
@end
